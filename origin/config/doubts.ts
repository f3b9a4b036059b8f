import { isLoopbackUrl } from '../../shared/report/report.ts'
import { fileNameOf } from '../../shared/secret-files.ts'
import type { OriginConfig } from './config.ts'
import { secretNames } from './flags.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Warnings for the operator at the start: variables that have no effect, and missing settings without which sources are rejected. */
export function doubtsOf(config: OriginConfig, env: Environment): string[] {
  const doubts = Object.keys(env)
    .filter((name) => name.startsWith('ORIGIN_') && !knownNames.includes(name))
    .map(
      (name) =>
        `environment variable ${name} is unknown and has no effect, expected ${secretNames.join(', ')}`,
    )
  for (const name of secretNames) if (env[name] === '') doubts.push(`environment variable ${name} is empty`)
  if (config.limits.sources === 0) doubts.push('sources are refused: <limits><sources> is 0')
  else if (isForSources(config) && config.sourcePassword === undefined && !config.mounts.takesSources)
    doubts.push('sources are refused: no source password is set')
  return [...doubts, ...doubtsOfPasswords(config), ...doubtsOfUrls(config)]
}

function doubtsOfPasswords(config: OriginConfig): string[] {
  const { sourcePassword, relayPassword, adminPassword, masters, edges, edgePassword, publicSlave } = config
  const doubts: string[] = []
  const ours = { source: sourcePassword, relay: relayPassword, admin: adminPassword }
  const known = Object.entries(ours).flatMap(([name, password]) => (password === 'hackme' ? [name] : []))
  if (known.length > 0)
    doubts.push(
      `the ${known.join(', ')} password is "hackme", the default of Icecast packages that everybody knows: set another one`,
    )
  const isMasterOfACluster = masters.length === 0 && (edges.length > 0 || publicSlave)
  if (isMasterOfACluster && relayPassword === undefined)
    doubts.push(
      'no relay password is set: relays of this master count as listeners, and cannot read its stream list; set the one that relays have for the edge',
    )
  if (edgePassword === 'hackme' || masters.some(({ password }) => password === 'hackme'))
    doubts.push(
      'the password for the master or edge is "hackme", which everybody knows: set another one there',
    )
  return doubts
}

/** A URL in the place of another one: this server would relay from itself, or send listeners round in a circle. */
function doubtsOfUrls({ masters, edges, publicUrls, sockets }: OriginConfig): string[] {
  const isOwn = (url: string) => {
    const { port, protocol, origin } = new URL(url)
    const portOf = Number(port) || (protocol === 'https:' ? 443 : 80)
    const isLocal = isLoopbackUrl(url) && sockets.some((socket) => socket.port === portOf)
    return isLocal || publicUrls.some((own) => new URL(own).origin === origin)
  }
  const doubts: string[] = []
  for (const { url } of masters)
    if (isOwn(url))
      doubts.push(
        `the master ${url} is this server itself (its port or its public URL): --master is where it relays from, --public-url where listeners reach it`,
      )
  for (const url of edges)
    if (isOwn(url))
      doubts.push(
        `the edge ${url} is this server itself (its port or its public URL): --public-url is where listeners reach this server, not the edge`,
      )
  return doubts
}

const knownNames = [...secretNames, ...secretNames.map(fileNameOf)]

/** A server that relays may have no sources. */
const isForSources = ({ masters, relays }: OriginConfig) => masters.length === 0 && relays.length === 0

import type { Mount } from '../../../shared/mount.ts'
import { boolean, host, integer, mount, remotePort, text } from '../values.ts'
import { at, childrenOf, readBlock, readOfFile, type Told, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'

/** One stream of another server that is relayed here (`<relay>`; docs/icecast.md#global-settings). */
export interface RelaySettings {
  /** its mount here */
  readonly mount: Mount
  /** the streams that it is pulled from, in order of preference; at least one */
  readonly upstreams: readonly UpstreamSettings[]
  /** whether to request titles */
  readonly icy: boolean
  /** undefined: as set by `relays-on-demand` */
  readonly onDemand: boolean | undefined
  /** ms between two rounds over the upstreams; undefined: the default */
  readonly retryDelayMs: number | undefined
}

export interface UpstreamSettings {
  /** URL of the stream, without credentials */
  readonly url: URL
  readonly user: string | undefined
  readonly password: string | undefined
}

/** The elements that locate a stream: in the relay itself, in `<upstream>` of 2.5, in `<host>` of icecast-kh. */
export const upstreamElements = {
  server: host,
  ip: host, // icecast-kh's word
  port: remotePort,
  mount: text,
  username: text,
  password: text,
  ssl: boolean, // ours
} as const

/** The elements of a `<relay>`, except its upstreams. */
export const relayElements = {
  ...upstreamElements,
  'local-mount': mount,
  'relay-shoutcast-metadata': boolean,
  'on-demand': boolean,
  'retry-delay': integer(1, 3600),
  enable: boolean, // icecast-kh's
} as const

const unused = ['bind', 'timeout', 'run-on', 'type', 'tls-mode'] as const

type ToldUpstream = Told<typeof upstreamElements>

/** the port of a relay that sets none, as in Icecast 2.5 */
const standardPort = { http: 80, https: 443 } as const

/** Reads all `<relay>` blocks. An invalid relay is left out. */
export function readRelays(elements: readonly XmlElement[], warn: Warn): RelaySettings[] {
  const relays = elements.flatMap((element) => readRelay(element, warn) ?? [])
  const seen = new Set<Mount>()
  return relays.filter(({ mount: name }) => {
    if (seen.has(name)) warn(`<relay> of ${name} is given twice, the first counts`)
    return !seen.has(name) && seen.add(name)
  })
}

function readRelay(element: XmlElement, warn: Warn): RelaySettings | undefined {
  const told = readBlock(element, relayElements, warn, { blocks: ['upstream', 'host'], unused })
  if (told.enable === false) return undefined
  const inner = [...childrenOf(element, 'upstream'), ...byPriority(childrenOf(element, 'host'))]
  if (inner.length === 0 && told.server === undefined && told.port === undefined) {
    warn(`${at(element)}<relay> has no <server>, expected one; it is left out`)
    return undefined
  }
  const name = told['local-mount'] ?? localMount(element, told.mount ?? '/', warn)
  const within = inner.map((each) => {
    const own = readBlock(each, upstreamElements, warn, { unused })
    return upstreamOf(each, { ...told, ...own, server: own.server ?? own.ip ?? told.server }, warn)
  })
  const named = told.server === undefined && within.length > 0 ? [] : [upstreamOf(element, told, warn)]
  const upstreams = [...named, ...within].filter((upstream) => upstream !== undefined)
  if (name === undefined || upstreams.length === 0) return undefined
  return {
    mount: name,
    upstreams,
    icy: told['relay-shoutcast-metadata'] ?? true,
    onDemand: told['on-demand'],
    retryDelayMs: told['retry-delay'] === undefined ? undefined : told['retry-delay'] * 1000,
  }
}

const byPriority = (hosts: XmlElement[]) =>
  hosts.toSorted((a, b) => Number(a.attributes.priority ?? 1) - Number(b.attributes.priority ?? 1))

/** The default of `<local-mount>` is the remote name, if it is a valid mount: `/;` of Shoutcast is not. */
const localMount = (element: XmlElement, remote: string, warn: Warn): Mount | undefined =>
  readOfFile(mount, `${at(element)}<relay> has no <local-mount>, and its <mount>`, remote, warn)

function upstreamOf(element: XmlElement, told: ToldUpstream, warn: Warn): UpstreamSettings | undefined {
  const { server = '127.0.0.1', mount: path = '/', ssl, username, password } = told
  const scheme = ssl ? 'https' : 'http'
  const port = told.port ?? standardPort[scheme]
  if (told.port === undefined)
    warn(`${at(element)}<${element.name}> has no <port>, expected one; "${port}" is used`)
  const literal = server.includes(':') ? `[${server.replace(/^\[|\]$/g, '')}]` : server
  const written = `${scheme}://${literal}:${port}${path.startsWith('/') ? '' : '/'}${path}`
  if (URL.canParse(written)) return { url: new URL(written), user: username, password }
  warn(
    `${at(element)}<${element.name}> is at ${JSON.stringify(written)}, expected a valid URL; it is left out`,
  )
  return undefined
}

import type { Mount } from '../../shared/mount.ts'
import { at, childrenOf, readBlock, readValue, type Told, type Warn } from './block.ts'
import type { Element } from './element.ts'
import { ConfigError } from './error.ts'
import { boolean, host, integer, mount, remotePort, text } from './values.ts'

/** One stream of another server that is offered here (`<relay>`; icecast-protocol §6.1). */
export interface RelaySettings {
  /** its name here */
  readonly mount: Mount
  /** where it is pulled from, in order of preference; at least one */
  readonly upstreams: readonly UpstreamSettings[]
  /** whether titles are asked for */
  readonly icy: boolean
  /** undefined: as `relays-on-demand` says */
  readonly onDemand: boolean | undefined
  /** ms between two rounds over the upstreams; undefined: as for all relays */
  readonly retryDelayMs: number | undefined
}

export interface UpstreamSettings {
  /** of the stream itself, without credentials */
  readonly url: URL
  readonly user: string | undefined
  readonly password: string | undefined
}

/** What says where a stream is: in the relay itself, in 2.5's `<upstream>`, in icecast-kh's `<host>`. */
const upstreamFields = {
  server: host,
  ip: host, // icecast-kh's word
  port: remotePort,
  mount: text,
  username: text,
  password: text,
  ssl: boolean, // ours
} as const

const relayFields = {
  ...upstreamFields,
  'local-mount': mount,
  'relay-shoutcast-metadata': boolean,
  'on-demand': boolean,
  'retry-delay': integer(1, 3600),
  enable: boolean, // icecast-kh's
} as const

const unused = ['bind', 'timeout', 'run-on', 'type', 'tls-mode'] as const

type ToldUpstream = Told<typeof upstreamFields>

/** Reads all `<relay>` blocks. Throws {@link ConfigError}. */
export function readRelays(elements: readonly Element[], warn: Warn): RelaySettings[] {
  const relays = elements.flatMap((element) => readRelay(element, warn) ?? [])
  const seen = new Set<Mount>()
  return relays.filter(({ mount: name }) => {
    if (seen.has(name)) warn(`<relay> of ${name} comes twice, the first counts`)
    return !seen.has(name) && seen.add(name)
  })
}

function readRelay(element: Element, warn: Warn): RelaySettings | undefined {
  const told = readBlock(element, relayFields, warn, { blocks: ['upstream', 'host'], unused })
  if (told.enable === false) return undefined
  const inner = [...childrenOf(element, 'upstream'), ...byPriority(childrenOf(element, 'host'))]
  const upstreams = inner.map((each) => {
    const own = readBlock(each, upstreamFields, warn, { unused })
    return upstreamOf(each, { ...told, ...own, server: own.server ?? own.ip ?? told.server })
  })
  return {
    mount: told['local-mount'] ?? localMount(element, told.mount ?? '/'),
    upstreams:
      told.server === undefined && upstreams.length > 0
        ? upstreams
        : [upstreamOf(element, told), ...upstreams],
    icy: told['relay-shoutcast-metadata'] ?? true,
    onDemand: told['on-demand'],
    retryDelayMs: told['retry-delay'] === undefined ? undefined : told['retry-delay'] * 1000,
  }
}

const byPriority = (hosts: Element[]) =>
  hosts.toSorted((a, b) => Number(a.attributes.priority ?? 1) - Number(b.attributes.priority ?? 1))

/** The remote name is the local one too, so far as it is one: `/` and `/;` of Shoutcast are not. */
const localMount = (element: Element, remote: string): Mount =>
  readValue(mount, `${at(element)}<relay> has no <local-mount>, and its <mount>`, remote)

function upstreamOf(element: Element, told: ToldUpstream): UpstreamSettings {
  const { server = '127.0.0.1', port, mount: path = '/', ssl, username, password } = told
  if (port === undefined) throw new ConfigError(`${at(element)}<${element.name}> has no <port>, expected one`)
  const scheme = ssl ? 'https' : 'http'
  const literal = server.includes(':') ? `[${server.replace(/^\[|\]$/g, '')}]` : server
  const written = `${scheme}://${literal}:${port}${path.startsWith('/') ? '' : '/'}${path}`
  if (!URL.canParse(written))
    throw new ConfigError(
      `${at(element)}<${element.name}> is at ${JSON.stringify(written)}, expected an address`,
    )
  return { url: new URL(written), user: username, password }
}

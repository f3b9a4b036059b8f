import * as v from 'valibot'
import type { Mount } from '../../../shared/mount.ts'
import { boolean, mount, port, text } from '../values.ts'
import { at, readBlock, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'

/** A socket that this server listens on. */
export interface SocketSettings {
  /** 0: any free port */
  readonly port: number
  /** undefined: `::`, which is IPv6 and IPv4, or `0.0.0.0` on a machine without IPv6 */
  readonly bind: string | undefined
  /** TLS from the first byte */
  readonly secure: boolean
  /** `shoutcast`: for sources that send a password and headers, then the stream */
  readonly protocol: 'http' | 'shoutcast'
  /** the mount of Shoutcast sources on this port, and of `/admin.cgi` on the HTTP port before it */
  readonly shoutcastMount: Mount | undefined
  /** set for sockets of a file: if one cannot be bound, the others suffice, as in Icecast; a socket of a flag has to be bound */
  readonly fromFile?: true
}

/** `<ssl>1</ssl>` of 2.4, `<tls>` of 2.5; rfc2818 is https from the first byte. */
const tls = v.pipe(
  v.string(),
  v.transform((word) => /^(1|yes|true|rfc2818)$/i.test(word)),
)
/** The elements of a `<listen-socket>`. */
export const socketElements = {
  port,
  'bind-address': text,
  ssl: tls,
  tls,
  'shoutcast-mount': mount,
  'shoutcast-compat': boolean,
} as const
const unused = [
  'so-sndbuf',
  'listen-backlog',
  'id',
  'type',
  'authentication',
  'queue-len',
  'so-mss',
  'http-headers',
]

/** as in Icecast */
export const defaultPort = 8000
const portMax = 65_535

/** Reads `<port>` and `<bind-address>` at the root as a `<listen-socket>` if the file has none, as Icecast still does. */
export function withSocket(root: XmlElement): XmlElement {
  const isAtRoot = ({ name }: XmlElement) => name === 'port' || name === 'bind-address'
  const inside = root.children.filter(isAtRoot)
  const [first] = inside
  if (!first || root.children.some(({ name }) => name === 'listen-socket')) return root
  const others = root.children.filter((child) => !isAtRoot(child))
  return { ...root, children: [...others, { ...first, name: 'listen-socket', text: '', children: inside }] }
}

/**
 * Reads all `<listen-socket>` blocks. A block with a `<shoutcast-mount>` makes two sockets: HTTP, and on the next port the
 * source protocol of Shoutcast (Icecast 2.4).
 * @param shoutcastMount of a `<shoutcast-compat>` socket that sets none
 */
export function readSockets(
  elements: readonly XmlElement[],
  shoutcastMount: Mount,
  warn: Warn,
): SocketSettings[] {
  return elements.flatMap((element) => readSocket(element, shoutcastMount, warn))
}

function readSocket(element: XmlElement, standard: Mount, warn: Warn): SocketSettings[] {
  const told = readBlock(element, socketElements, warn, { unused })
  // a socket with an invalid port does not fall back to the default port
  if (
    told.port === undefined &&
    element.children.some(({ name, text: said }) => name === 'port' && said !== '')
  )
    return []
  const own = told['shoutcast-mount']
  const socket = {
    port: told.port ?? defaultPort,
    bind: told['bind-address'],
    secure: (told.ssl || told.tls) ?? false,
    fromFile: true,
  } as const
  if (told['shoutcast-compat']) return [{ ...socket, protocol: 'shoutcast', shoutcastMount: own ?? standard }]
  const http: SocketSettings = { ...socket, protocol: 'http', shoutcastMount: own }
  if (own === undefined) return [http]
  if (socket.port === portMax) {
    warn(`${at(element)}<listen-socket><port> is ${portMax}: there is no port after it for Shoutcast sources`)
    return [http]
  }
  const next = socket.port === 0 ? 0 : socket.port + 1
  return [http, { ...socket, port: next, protocol: 'shoutcast', shoutcastMount: own }]
}

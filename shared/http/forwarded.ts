import { limits } from '../limits.ts'
import { type Blocks, isIn, printedAddress } from './address.ts'

interface HeaderValues {
  get(name: string): string | null | undefined
}

/** The other end of a connection, by the socket or by a PROXY header. */
export interface Peer {
  /** undefined if the runtime does not know it */
  readonly address: string | undefined
  /** it speaks TLS to us, or to the proxy that sent a PROXY header */
  readonly secure: boolean
}

/** One element of `Forwarded` (RFC 7239 §4): its parameters by name, in lower case. */
export type ForwardedElement = ReadonlyMap<string, string>

/**
 * The client behind trusted proxies (docs/proxies.md#what-a-trusted-proxy-may-say). The headers count only if the peer is a trusted proxy, and are read from the right,
 * through as many hops as are trusted: the sender may have made up everything to the left of those. If there is an
 * `X-Forwarded-For`, then `Forwarded` does not count, because most proxies add to the first and pass on the second as the
 * client wrote it.
 */
export class ForwardedClient {
  #headers: HeaderValues
  #peer: Peer
  #proxies: Blocks
  #secure: boolean | undefined
  #walked: { address: string | undefined; hops: number } | undefined
  #elements: readonly ForwardedElement[] | undefined

  constructor(headers: HeaderValues, peer: Peer, proxies: Blocks) {
    this.#headers = headers
    this.#peer = peer
    this.#proxies = proxies
  }

  /** The first address from the right that is not a trusted proxy; a proxy's, if it names none. */
  get address(): string | undefined {
    return this.#walk().address
  }

  /** Whether the client asked by https, as far as trusted proxies say. */
  get secure(): boolean {
    this.#secure ??= this.#isSecure()
    return this.#secure
  }

  #isSecure(): boolean {
    if (this.#proxies.length === 0) return this.#peer.secure
    const scheme = this.#said('proto')
    return scheme === undefined ? this.#peer.secure : scheme.toLowerCase() === 'https'
  }

  /** The host that the client asked for, as a trusted proxy says. */
  get forwardedHost(): string | undefined {
    return this.#said('host')
  }

  /** Whether no trusted proxy stands between the client and this program, as far as is known. */
  get isDirect(): boolean {
    return this.#walk().hops === 0
  }

  /** Whether an untrusted proxy says that the request came by https: that is not trusted, but then http is not certain either. */
  get hidesHttps(): boolean {
    return !this.secure && saysHttps(this.#headers)
  }

  #walk(): { address: string | undefined; hops: number } {
    this.#walked ??= this.#walkFrom(this.#peer.address)
    return this.#walked
  }

  #walkFrom(peer: string | undefined): { address: string | undefined; hops: number } {
    let address = peer
    let hops = 0
    if (peer === undefined || this.#proxies.length === 0) return { address, hops }
    let step: string | undefined = peer
    let steps: readonly string[] | undefined
    while (step !== undefined && hops < limits.forwardedHopsMax && isIn(step, this.#proxies)) {
      hops++
      steps ??= this.#steps()
      step = printedAddress(withoutPort(steps.at(-hops) ?? ''))
      address = step ?? address
    }
    return { address, hops }
  }

  /** The addresses that the request came from, the last hop last. */
  #steps(): readonly string[] {
    const elements = this.#forwarded()
    return elements
      ? elements.map((element) => element.get('for') ?? '')
      : list(this.#headers.get('x-forwarded-for'))
  }

  /** Undefined if `Forwarded` does not count. */
  #forwarded(): readonly ForwardedElement[] | undefined {
    if (this.#elements) return this.#elements
    const header = this.#headers.get('forwarded')
    if (header == null || this.#headers.get('x-forwarded-for') != null) return undefined
    this.#elements = readForwarded(header)
    return this.#elements
  }

  /** What the leftmost trusted hop says; the proxies after it may each have added their own value. */
  #said(name: 'proto' | 'host'): string | undefined {
    const header = this.#headers.get(`x-forwarded-${name}`)
    const elements = this.#forwarded()
    if (header == null && !elements) return undefined
    const { hops } = this.#walk()
    if (hops === 0) return undefined
    const said = elements && leftmost(elements, hops)?.get(name)
    return said ?? (header == null ? undefined : leftmost(list(header), hops))
  }
}

/** Whether a request says that it came to a proxy by https; anybody can say so. */
export const saysHttps = (headers: HeaderValues): boolean =>
  /^https\b/i.test(headers.get('x-forwarded-proto') ?? '') ||
  /\bproto="?https\b/i.test(headers.get('forwarded') ?? '')

/** Whether a request names a client that it came from, as requests through a proxy do. */
export const isForwarded = (headers: HeaderValues): boolean =>
  ['x-forwarded-for', 'forwarded', 'x-real-ip', 'via'].some((name) => headers.get(name) != null)

const leftmost = <T>(values: readonly T[], hops: number): T | undefined =>
  values.at(-Math.min(hops, values.length))

/**
 * Parses `Forwarded` from the right, up to the first element that is malformed: a client may have sent an opening quote, which
 * would otherwise hide what a proxy added after it.
 * @returns the elements in the order of the header
 */
export function readForwarded(header: string): ForwardedElement[] {
  const elements: ForwardedElement[] = []
  let end = header.length
  let isQuoted = false
  for (let i = end - 1; i >= -1 && elements.length < limits.forwardedHopsMax; i--) {
    if (header[i] === '"' && !isEscaped(header, i)) isQuoted = !isQuoted
    if (i >= 0 && (header[i] !== ',' || isQuoted)) continue
    const text = header.slice(i + 1, end).trim()
    end = i
    if (text === '') continue
    const element = readElement(text)
    if (!element) break
    elements.unshift(element)
  }
  return elements
}

/** Whether a backslash before the quote takes away its meaning (RFC 9110 §5.6.4). */
function isEscaped(text: string, at: number): boolean {
  let slashes = 0
  while (text[at - 1 - slashes] === '\\') slashes++
  return slashes % 2 === 1
}

/** `name=token` or `name="quoted"`; a token may have the characters of an address, which some proxies do not quote. */
const pair = /[ \t]*([!#$%&'*+.^_`|~\w-]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s;,"]*))[ \t]*(?:;|$)/y

function readElement(text: string): ForwardedElement | undefined {
  const element = new Map<string, string>()
  pair.lastIndex = 0
  for (let at = 0; at < text.length; at = pair.lastIndex) {
    const [, name = '', quoted, token = ''] = pair.exec(text) ?? []
    if (name === '' || element.has(name.toLowerCase())) return undefined
    element.set(name.toLowerCase(), quoted?.replace(/\\(.)/g, '$1') ?? token)
  }
  return element
}

/** `[2001:db8::1]:80`, `192.0.2.1:80` and `[2001:db8::1]` each give the address in them. */
const withoutPort = (text: string) =>
  text.includes(':') ? text.replace(/^\[([^\]]*)\](:[\w.-]+)?$|^([\d.]+):[\w.-]+$/, '$1$3') : text

function list(header: string | null | undefined): readonly string[] {
  const text = header?.trim() ?? ''
  // nearly all headers hold one value: there is one proxy
  if (!text.includes(',')) return text === '' ? nothing : [text]
  return text
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
}

const nothing: readonly string[] = []

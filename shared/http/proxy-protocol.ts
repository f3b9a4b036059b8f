import ipaddr from 'ipaddr.js'
import { limits } from '../limits.ts'
import { Gathered } from './gathered.ts'

/** The client that a PROXY header names. */
export interface NamedClient {
  readonly address: string
  /** it speaks TLS to the proxy */
  readonly secure: boolean
}

/** What the first bytes of a connection are, once enough of them have arrived. */
export type FirstBytes =
  /** no PROXY header: they belong to the request */
  | { is: 'request'; rest: Uint8Array }
  /** a PROXY header; `client` is undefined if it is about the proxy's own connection, or names no address */
  | { is: 'proxied'; client: NamedClient | undefined; rest: Uint8Array }
  | { is: 'bad'; why: string }

type Read = { client: NamedClient | undefined; end: number } | { why: string } | 'more' | 'none'

const line = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20] // "PROXY "
const signature = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a]
const fixedBytes = 16
/** the record of a version 2 header that tells about the client's TLS, and its bit for a connection with TLS */
const tlsRecord = 0x20
const tlsBit = 0x01
/** a proxy that passes on plain bytes of this port has ended TLS itself */
const httpsPort = 443

/**
 * Reads the PROXY header, version 1 or 2, that a trusted proxy may send before a connection's own bytes. The result does not
 * depend on how the bytes are split.
 */
export class ProxyHeaderReader {
  #kept: Gathered | undefined

  /** Undefined while more bytes are needed. Not to be called again after a result. */
  push(bytes: Uint8Array): FirstBytes | undefined {
    const all = this.#withKept(bytes)
    const read = readProxyHeader(all)
    if (read === 'more') {
      if (!this.#kept) {
        this.#kept = new Gathered(limits.proxyHeaderBytesMax)
        this.#kept.add(bytes)
      }
      return undefined
    }
    if (read === 'none') return { is: 'request', rest: all }
    if ('why' in read) return { is: 'bad', why: read.why }
    return { is: 'proxied', client: read.client, rest: all.subarray(read.end) }
  }

  #withKept(bytes: Uint8Array): Uint8Array {
    if (!this.#kept) return bytes
    const taken = this.#kept.add(bytes)
    if (taken === bytes.length) return this.#kept.bytes
    // the header's own bounds lie below: more bytes than that include the whole of it
    const all = new Uint8Array(this.#kept.size + bytes.length - taken)
    all.set(this.#kept.bytes)
    all.set(bytes.subarray(taken), this.#kept.size)
    return all
  }
}

/** Reads a PROXY header at the start of the bytes; `more` if they may begin with one, `none` if they do not. */
function readProxyHeader(bytes: Uint8Array): Read {
  if (bytes.length === 0) return 'more'
  if (begins(bytes, line)) return bytes.length < line.length ? 'more' : readLine(bytes)
  if (begins(bytes, signature)) return bytes.length < fixedBytes ? 'more' : readBinary(bytes)
  return 'none'
}

/** Whether the bytes, or as many as there are, are those. */
const begins = (bytes: Uint8Array, these: readonly number[]): boolean =>
  these.every((byte, i) => i >= bytes.length || bytes[i] === byte)

/** `PROXY TCP4 192.0.2.1 198.51.100.1 56324 443`, and CR LF. */
function readLine(bytes: Uint8Array): Read {
  const within = bytes.subarray(0, limits.proxyLineBytesMax)
  const end = within.indexOf(0x0a) + 1
  if (end === 0)
    return within.length < limits.proxyLineBytesMax
      ? 'more'
      : { why: `the PROXY line is longer than ${limits.proxyLineBytesMax} bytes` }
  const text = String.fromCharCode(...within.subarray(0, end))
  if (/^PROXY UNKNOWN(?: [^\r\n]*)?\r\n$/.test(text)) return { client: undefined, end }
  const [, family, from = '', to = '', fromPort, toPort] =
    /^PROXY (TCP[46]) ([\da-fA-F.:]+) ([\da-fA-F.:]+) (\d{1,5}) (\d{1,5})\r\n$/.exec(text) ?? []
  const isAddress = family === 'TCP4' ? isIpv4 : isIpv6
  const isPort = (port: string | undefined) => Number(port) <= 65_535
  if (family === undefined || !isAddress(from) || !isAddress(to) || !isPort(fromPort) || !isPort(toPort))
    return { why: 'malformed PROXY line, expected "PROXY TCP4 ADDRESS ADDRESS PORT PORT" and CR LF' }
  return { client: { address: plain(ipaddr.parse(from)), secure: Number(toPort) === httpsPort }, end }
}

const isIpv4 = (text: string) => ipaddr.IPv4.isValidFourPartDecimal(text)
const isIpv6 = (text: string) => text.includes(':') && ipaddr.IPv6.isValid(text)

/** Signature, version and command, family and transport, length; then addresses, ports and records. */
function readBinary(bytes: Uint8Array): Read {
  const version = byteAt(bytes, 12) >> 4
  const command = byteAt(bytes, 12) & 0x0f
  const end = fixedBytes + numberAt(bytes, 14)
  if (version !== 2 || command > 1) return { why: 'a PROXY header of an unknown version or command' }
  if (end > limits.proxyHeaderBytesMax)
    return { why: `the PROXY header is longer than ${limits.proxyHeaderBytesMax} bytes` }
  if (bytes.length < end) return 'more'
  const addressBytes = { 17: 4, 33: 16 }[byteAt(bytes, 13)]
  // a check by the proxy itself, or a family without internet addresses
  if (command === 0 || addressBytes === undefined) return { client: undefined, end }
  const recordsAt = fixedBytes + 2 * addressBytes + 4
  if (recordsAt > end) return { why: 'the PROXY header is shorter than its addresses' }
  const tls = readTls(bytes.subarray(recordsAt, end))
  if (tls === 'bad') return { why: 'a record of the PROXY header is longer than the header' }
  const address = plain(ipaddr.fromByteArray([...bytes.subarray(fixedBytes, fixedBytes + addressBytes)]))
  const toPort = numberAt(bytes, recordsAt - 2)
  return { client: { address, secure: tls ?? toPort === httpsPort }, end }
}

/** Whether the records say that the client used TLS; undefined if they do not tell. */
function readTls(records: Uint8Array): boolean | 'bad' | undefined {
  let secure: boolean | undefined
  for (let at = 0; at < records.length; ) {
    const next = at + 3 + numberAt(records, at + 1)
    if (next > records.length) return 'bad'
    if (records[at] === tlsRecord && next > at + 3) secure = (byteAt(records, at + 3) & tlsBit) !== 0
    at = next
  }
  return secure
}

const byteAt = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0
const numberAt = (bytes: Uint8Array, at: number): number => byteAt(bytes, at) * 256 + byteAt(bytes, at + 1)

/** As text; an IPv4 address that is mapped to IPv6 as IPv4. */
const plain = (address: ipaddr.IPv4 | ipaddr.IPv6): string => ipaddr.process(address.toString()).toString()

/** Whether a line begins as a PROXY header of version 1 does. */
export const isProxyLine = (text: string): boolean => /^PROXY (?:TCP[46]|UNKNOWN)\b/.test(text)

import { trimmed } from '../../shared/trim.ts'
import { limits } from '../limits.ts'
import { type Head, HeadReader, type ReadHead, readRequestLine } from './head.ts'

/** headers that name a client or prove who it is: others do not send the same, and secrets are not kept */
const personal = ['authorization', 'proxy-authorization', 'cookie']
const lineFeed = 0x0a
const carriageReturn = 0x0d

/**
 * Request heads by all that follows their first line. A player sends the same lines with each request, and so do all players of a kind:
 * they are parsed once, and of later heads the first line alone.
 */
export class KnownHeads {
  #headers = new Map<string, Head['headers']>()

  /** number of those that are kept */
  get size(): number {
    return this.#headers.size
  }

  /** Reads bytes that are one whole head and nothing else; undefined for others, and for those that need a closer look. */
  read(bytes: Buffer): ReadHead | undefined {
    const end = bytes.indexOf(lineFeed)
    if (end < 0 || bytes.length > limits.headBytesMax || !isLetter(bytes[0]) || !endsBlank(bytes))
      return undefined
    const request = readRequestLine(trimmed(trimmed(bytes.toString('latin1', 0, end), '\r'), ' '))
    if ('status' in request) return undefined
    const tail = bytes.toString('latin1', end + 1)
    const known = this.#headers.get(tail)
    if (known) return { head: withHeaders(request, known), restAt: bytes.length }
    const read = new HeadReader().push(bytes)
    if (read && 'head' in read && read.restAt === bytes.length) this.#keep(tail, read.head.headers)
    return read
  }

  #keep(tail: string, headers: Head['headers']): void {
    if (tail.length > limits.knownHeadBytesMax || personal.some((name) => headers.has(name))) return
    const [oldest] = this.#headers.keys()
    if (this.#headers.size >= limits.knownHeadsMax && oldest !== undefined) this.#headers.delete(oldest)
    this.#headers.set(tail, headers)
  }
}

const withHeaders = ({ method, path, query, version }: Omit<Head, 'headers'>, headers: Head['headers']) => ({
  method,
  path,
  query,
  version,
  headers,
})

const isLetter = (byte = 0) => (byte >= 0x41 && byte <= 0x5a) || (byte >= 0x61 && byte <= 0x7a)

/** Whether the last line is blank. */
function endsBlank(bytes: Buffer): boolean {
  let at = bytes.length - 1
  if (bytes[at--] !== lineFeed) return false
  if (bytes[at] === carriageReturn) at--
  return bytes[at] === lineFeed
}

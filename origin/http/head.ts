import { Gathered } from '../../shared/http/gathered.ts'
import { isProxyLine } from '../../shared/http/proxy-protocol.ts'
import { blanks, trimmed } from '../../shared/trim.ts'
import { limits } from '../limits.ts'
import { Framing } from './framing.ts'

/** A parsed request head. */
export interface Head {
  method: string
  /** begins with `/`, and is percent-encoded even if the client did not; or `*` */
  path: string
  /** with its `?`, or empty */
  query: string
  /** of the answer */
  version: '1.0' | '1.1'
  /** names in lower case, values as latin1 bytes without spaces around them; of a header given twice the last counts, except those of proxies, which are joined */
  headers: ReadonlyMap<string, string>
}

/** Why a head is rejected, for people. */
export interface BadHead {
  status: 400 | 431 | 501
  text: string
}

/** A head, and the offset after it in the bytes that were pushed last; or why it is rejected. */
export type ReadHead = { head: Head; restAt: number } | BadHead

const protocol = /^(?:HTTP\/(\d)\.(\d)|ICE\/\d\.\d)$/
const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
const forbiddenInValue = /[\0\r]/
/** headers to which each proxy adds its own part, some in another line */
const added = new Set(['x-forwarded-for', 'x-forwarded-proto', 'forwarded'])
const lineFeed = 0x0a

/**
 * Reads one request head from the bytes of a connection as they arrive; the result does not depend on how they are split.
 * It is as tolerant as Icecast (bare LF, `ICE/1.0`, methods in lower case, several spaces, raw spaces and bytes in the path,
 * lines that are not headers), but bounded, and strict where two programs could read different requests ({@link Framing}).
 */
export class HeadReader {
  #bytes = 0
  /** beginning of a line that is not complete */
  #kept: Gathered | undefined
  /** the first byte of a possible method has come */
  #isBegun = false
  #lines = 0
  #request: Omit<Head, 'headers'> | undefined
  #headers = new Map<string, string>()
  #framing = new Framing()

  /** Undefined while more bytes are needed. Not to be called again after a result. */
  push(bytes: Uint8Array): ReadHead | undefined {
    const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    let at = 0
    while (at < bytes.length) {
      const end = bytes.indexOf(lineFeed, at)
      const next = end < 0 ? bytes.length : end + 1
      const within = Math.min(next, at + limits.headBytesMax - this.#bytes)
      this.#bytes += within - at
      const [from, to] = [at, end >= 0 && end < within ? end : within]
      if (!this.#isBegun && !this.#begins(bytes.subarray(from, to)))
        return refuse(400, 'this is not an HTTP request, expected a method')
      if (within < next) return refuse(431, `the request head is longer than ${limits.headBytesMax} bytes`)
      at = next
      if (end < 0) {
        this.#kept ??= new Gathered(limits.headBytesMax)
        this.#kept.add(bytes.subarray(from, to))
        return undefined
      }
      const line = buffer.toString('latin1', from, to)
      const whole = this.#kept === undefined ? line : latin1(this.#kept.bytes) + line
      this.#kept = undefined
      const read = this.#endLine(whole, at)
      if (read) return read
    }
    return undefined
  }

  /** Whether the bytes may begin a request, by the first one; empty lines may come before it. */
  #begins(part: Uint8Array): boolean {
    for (let i = 0; !this.#isBegun && i < part.length; i++) {
      const char = String.fromCharCode(part[i] ?? 0)
      if (token.test(char)) this.#isBegun = true
      else if (char !== '\r') return false
    }
    return true
  }

  #endLine(whole: string, restAt: number): ReadHead | undefined {
    const line = trimmed(whole, '\r')
    if (!this.#request) return line === '' ? undefined : this.#beginHead(readRequestLine(trimmed(line, ' ')))
    if (line === '')
      return this.#framing.bad ?? { head: { ...this.#request, headers: this.#headers }, restAt }
    this.#lines++
    if (this.#lines > limits.headLinesMax)
      return refuse(431, `there are more than ${limits.headLinesMax} header lines`)
    return this.#readHeader(line)
  }

  #beginHead(request: Omit<Head, 'headers'> | BadHead): BadHead | undefined {
    if ('status' in request) return request
    this.#request = request
    return undefined
  }

  #readHeader(line: string): BadHead | undefined {
    const colon = line.indexOf(':')
    const rawName = line.slice(0, Math.max(0, colon))
    const name = rawName.trimEnd().toLowerCase()
    if (!token.test(name)) {
      this.#framing.otherLine(line)
      return undefined
    }
    const value = trimmed(line.slice(colon + 1), blanks)
    if (forbiddenInValue.test(value)) return refuse(400, `there is a control byte in the header ${name}`)
    const isSaid = this.#framing.header(name, value, rawName)
    const before = isSaid && added.has(name) ? this.#headers.get(name) : undefined
    if (isSaid) this.#headers.set(name, before === undefined ? value : `${before}, ${value}`)
    return undefined
  }
}

/** Reads the first line of a head, without spaces around it. */
export function readRequestLine(line: string): Omit<Head, 'headers'> | BadHead {
  return readUsual(line) ?? readAny(line)
}

const [usualStart, usualEnd] = ['GET ', ' HTTP/1.1']

/** The line of nearly all requests, without a second look; undefined for others. */
function readUsual(line: string): Omit<Head, 'headers'> | undefined {
  if (!line.startsWith(usualStart) || !line.endsWith(usualEnd)) return undefined
  const target = line.slice(usualStart.length, -usualEnd.length)
  return plainPath.test(target) ? { method: 'GET', ...partsOf(target), version: '1.1' } : undefined
}

function partsOf(path: string): Pick<Head, 'path' | 'query'> {
  const mark = path.indexOf('?')
  return mark < 0 ? { path, query: '' } : { path: path.slice(0, mark), query: path.slice(mark) }
}

function readAny(line: string): Omit<Head, 'headers'> | BadHead {
  const methodEnd = line.indexOf(' ')
  const targetEnd = line.lastIndexOf(' ')
  // Icecast accepts methods in lower case too, and some scripts send them
  const method = line.slice(0, Math.max(0, methodEnd)).toUpperCase()
  const version = protocol.exec(line.slice(targetEnd + 1))
  if (isProxyLine(line))
    return refuse(400, 'a PROXY line from an address that is not a trusted proxy, or after the first bytes')
  if (!token.test(method) || method.length > limits.methodLengthMax || targetEnd <= methodEnd || !version)
    return refuse(400, 'malformed request line, expected "METHOD /path HTTP/1.1"')
  const target = trimmed(line.slice(methodEnd, targetEnd), ' ')
  const path = pathOf(target)
  if (path === undefined) return refuse(400, 'malformed request target, expected a path that begins with "/"')
  const [, major = '1', minor = '0'] = version
  return { method, ...partsOf(path), version: `${major}.${minor}` < '1.1' ? '1.0' : '1.1' }
}

const refuse = (status: BadHead['status'], text: string): BadHead => ({ status, text })

const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

/** a path as nearly all clients send it: nothing has to be removed or encoded */
const plainPath = /^\/[\x21\x22\x24-\x5b\x5d-\x7e]*$/

/** Path and query of a request target, percent-encoded; undefined if it is not a path. */
function pathOf(target: string): string | undefined {
  if (plainPath.test(target)) return target
  const rest = target.replace(/^https?:\/\/[^/?#]*/i, '').split('#', 1)[0] ?? ''
  if (rest === '*') return rest
  // a whole URL without a path means the root (RFC 9112 §3.2.1)
  const path = /^https?:/i.test(target) && !rest.startsWith('/') ? `/${rest}` : rest
  if (!path.startsWith('/')) return undefined
  return path.replace(/[^\x21-\x5b\x5d-\x7e]/g, encodeByte)
}

const encodeByte = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

import { isProxyLine } from '../../shared/http/proxy-protocol.ts'
import { parseMount } from '../../shared/mount.ts'
import type { MountHead } from '../listener/mount-head.ts'
import { httpLimits } from './limits.ts'

/** How a request's body is delimited: by its length in bytes, or in chunks. */
export type BodyFraming = { length: number } | 'chunked'

/** The parsed head of a request. */
export interface RequestHead extends MountHead {
  readonly headers: Headers
  /** undefined: there is no body */
  readonly framing: BodyFraming | undefined
  /** the sender waits for `100 Continue` before it sends the body */
  readonly expectsContinue: boolean
  /** whether another request may follow on the connection */
  readonly keepAlive: boolean
}

/** Why a request is rejected before its target is looked at; its connection is closed. */
export interface RequestRefusal {
  status: 400 | 408 | 413 | 417 | 431 | 501 | 505
  text: string
}

const token = /^[!#$%&'*+.^_`|~\w-]+$/
const version = /^(?:HTTP\/(\d)\.(\d)|(ICE)\/\d\.\d)$/
const forbidden = /[\0\r]/
const lengthText = /^\d{1,15}$/
const outsideUrl = /[^\x21-\x5b\x5d-\x7e]/g

/** Headers that say where a request ends, or which host it is for: given twice, they can be read in two ways. */
const once = new Set(['content-length', 'transfer-encoding', 'host'])

/**
 * Parses a head, from its first line to the blank line, as latin1 characters. It is as tolerant as Icecast: lines may end in
 * LF alone, the target may contain spaces and any bytes, lines that are not headers are skipped, and Host may be missing.
 * A head that two programs could read as two different requests is rejected (RFC 9112 §2.2, §5.1, §5.2, §6.3).
 */
export function readHead(text: string): RequestHead | RequestRefusal {
  const lines = linesOf(text)
  if (forbidden.test(lines.join(''))) return refusalOf(400, 'a NUL or a CR inside a line of the head')
  if (lines.length - 1 > httpLimits.headLinesMax)
    return refusalOf(431, `more than ${httpLimits.headLinesMax} lines in a head`)
  const [first = '', ...fields] = lines
  const request = readRequestLine(first)
  if ('status' in request) return request
  const headers = readFields(fields)
  if ('status' in headers) return headers
  const framing = framingOf(headers, request.isOld)
  if (framing !== undefined && framing !== 'chunked' && 'status' in framing) return framing
  const expect = headers.get('expect')
  if (expect !== null && expect.toLowerCase() !== '100-continue')
    return refusalOf(417, 'Expect is not "100-continue"')
  const { method, path, query, isOld } = request
  return {
    method,
    path,
    query,
    isOld,
    mount: parseMount(path),
    headers,
    framing,
    expectsContinue: expect !== null && !isOld,
    keepAlive: staysOpen(headers.get('connection') ?? '', isOld),
  }
}

export const refusalOf = (status: RequestRefusal['status'], text: string): RequestRefusal => ({
  status,
  text: `${text}\n`,
})

/** The lines of a head without their ends, and without the empty ones before the first (RFC 9112 §2.2). */
function linesOf(text: string): string[] {
  const lines = text.split('\n').map((line) => (line.endsWith('\r') ? line.slice(0, -1) : line))
  const begin = lines.findIndex((line) => line !== '')
  return lines.slice(begin, lines.indexOf('', begin))
}

interface RequestLine {
  method: string
  path: string
  query: string
  /** HTTP/1.0, or ICE/1.0, which old sources send */
  isOld: boolean
}

/** `GET /path with spaces HTTP/1.1`: the method ends at the first space, the version begins after the last. */
function readRequestLine(text: string): RequestLine | RequestRefusal {
  const line = trimBlanks(text)
  const methodEnd = line.indexOf(' ')
  const targetEnd = line.lastIndexOf(' ')
  const method = line.slice(0, Math.max(0, methodEnd))
  const [isVersion, major = '1', minor = '0'] = version.exec(line.slice(targetEnd + 1)) ?? []
  if (isProxyLine(line))
    return refusalOf(
      400,
      'a PROXY line from an address that is not in TRUSTED_PROXIES, or after the first bytes',
    )
  if (!token.test(method) || targetEnd <= methodEnd || isVersion === undefined)
    return refusalOf(400, 'the request line is not "METHOD /path HTTP/1.1"')
  if (major !== '1') return refusalOf(505, `HTTP/${major} is not supported, expected HTTP/1.1`)
  const target = originForm(trimBlanks(line.slice(methodEnd, targetEnd)))
  if (target === undefined) return refusalOf(400, 'the request target is not a path that begins with "/"')
  const mark = target.indexOf('?')
  const [path, query] = mark < 0 ? [target, ''] : [target.slice(0, mark), target.slice(mark)]
  return { method: method.toUpperCase(), path, query, isOld: minor === '0' }
}

/** The path and query of a target in the characters of a URL; undefined if it is neither a path nor a URL. */
function originForm(target: string): string | undefined {
  const hash = target.indexOf('#')
  const whole = hash < 0 ? target : target.slice(0, hash)
  // `OPTIONS *`, which some encoders send first, asks about the server as a whole
  if (whole === '*') return '/'
  const url = /^https?:\/\/[^/?]*/i.exec(whole)
  const path = url ? whole.slice(url[0].length) : whole
  if (url && !path.startsWith('/')) return `/${path}`.replace(outsideUrl, encodeByte)
  return path.startsWith('/') ? path.replace(outsideUrl, encodeByte) : undefined
}

const encodeByte = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`

function readFields(lines: readonly string[]): Headers | RequestRefusal {
  const headers = new Headers()
  for (const line of lines) {
    // some programs add a folded line to the line before it, others read it as a separate line
    if (line.startsWith(' ') || line.startsWith('\t'))
      return refusalOf(400, 'a header line begins with a space or tab')
    const colon = line.indexOf(':')
    const name = line.slice(0, Math.max(0, colon))
    if (token.test(name.trimEnd()) && name !== name.trimEnd())
      return refusalOf(400, `whitespace before the colon of the header ${name.trimEnd()}`)
    if (!token.test(name)) continue
    if (once.has(name.toLowerCase()) && headers.has(name)) return refusalOf(400, `the header ${name} twice`)
    headers.append(name, trimBlanks(line.slice(colon + 1)))
  }
  return headers
}

function framingOf(headers: Headers, isOld: boolean): BodyFraming | RequestRefusal | undefined {
  const length = headers.get('content-length')
  const coding = headers.get('transfer-encoding')
  if (coding !== null) {
    if (length !== null) return refusalOf(400, 'both Content-Length and Transfer-Encoding')
    if (isOld) return refusalOf(400, 'Transfer-Encoding in HTTP/1.0')
    return coding.toLowerCase() === 'chunked'
      ? 'chunked'
      : refusalOf(501, 'Transfer-Encoding is not "chunked", the only one that is supported here')
  }
  if (length === null) return undefined
  if (!lengthText.test(length)) return refusalOf(400, 'Content-Length is not one number')
  return length === '0' ? undefined : { length: Number(length) }
}

function staysOpen(connection: string, isOld: boolean): boolean {
  const wishes = connection.toLowerCase().split(',').map(trimBlanks)
  return isOld ? wishes.includes('keep-alive') : !wishes.includes('close')
}

/** Removes spaces and tabs at both ends; a regular expression would take quadratic time on a line full of them. */
function trimBlanks(text: string): string {
  let start = 0
  let end = text.length
  const isBlank = (at: number) => text[at] === ' ' || text[at] === '\t'
  while (start < end && isBlank(start)) start++
  while (end > start && isBlank(end - 1)) end--
  return text.slice(start, end)
}

import { parseMount } from '../shared/mount.ts'
import { ForgetfulMap } from './forgetful-map.ts'
import { edgeLimits } from './limits.ts'
import type { MountRequest } from './mount-request.ts'

/**
 * A request that needs no HTTP server to be understood: GET or HEAD in HTTP/1.1 of a path in plain characters, with a
 * Host and without a body or any wish for the connection but to keep or to close it. Nearly every listener's is one.
 */
export interface PlainHead extends MountRequest {
  /** whether another request may follow on the connection */
  keepAlive: boolean
  /** the index behind the head's last character */
  end: number
}

/** Method, path, query and header lines; of a target only what no URL parser would write in another way. */
const wholeHead =
  /(GET|HEAD) (\/[\w.~!$&()*+,;=:@%/-]*)(\?[\w.~!$&()*+,;=:@%/?-]*)? HTTP\/1\.1\r\n((?:[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n/y
/** headers that change what follows the head */
const framing = ['content-length', 'transfer-encoding', 'expect', 'upgrade']
/** headers of one sender alone */
const personal = ['authorization', 'cookie', 'x-forwarded-for']

/** The players of a crowd send the same few heads over and over, and to read one takes longer than the draw. */
const known = new ForgetfulMap<string, PlainHead>(edgeLimits.headsKnownMax)

/**
 * Reads the head that begins at `start` of a text of latin1 characters. Undefined where it is not whole, not well
 * formed or not plain: a full HTTP server then has to look at it.
 */
export function readPlainHead(text: string, start: number): PlainHead | undefined {
  if (start > 0 || text.length > edgeLimits.headKnownLengthMax) return parsePlainHead(text, start)
  const before = known.get(text)
  if (before) return before
  const head = parsePlainHead(text, start)
  if (head?.end === text.length && !personal.some((name) => head.headers.get(name) !== null))
    known.set(text, head)
  return head
}

function parsePlainHead(text: string, start: number): PlainHead | undefined {
  wholeHead.lastIndex = start
  const [whole, method, path, query = '', lines] = wholeHead.exec(text) ?? []
  if (whole === undefined || method === undefined || path === undefined || lines === undefined)
    return undefined
  const headers = new PlainHeaders(lines)
  if (framing.some((name) => headers.get(name) !== null) || headers.get('host') === null) return undefined
  const connection = headers.get('connection')?.toLowerCase() ?? 'keep-alive'
  if (connection !== 'keep-alive' && connection !== 'close') return undefined
  const keepAlive = connection === 'keep-alive'
  return { method, path, query, mount: parseMount(path), headers, keepAlive, end: start + whole.length }
}

/** Header lines, each of which ends in CR LF, as a map; what is given twice has a comma between its values. */
class PlainHeaders {
  #values = new Map<string, string>()

  constructor(lines: string) {
    for (const line of lines.split('\r\n').slice(0, -1)) {
      const colon = line.indexOf(':')
      const name = line.slice(0, colon).toLowerCase()
      const value = line.slice(colon + 1).trim()
      const before = this.#values.get(name)
      this.#values.set(name, before === undefined ? value : `${before}, ${value}`)
    }
  }

  /** As `Headers.get`, for a name in small letters. */
  get(name: string): string | null {
    return this.#values.get(name) ?? null
  }
}

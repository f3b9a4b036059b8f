import { parseMount } from '../../shared/mount.ts'
import { blanks, trimmedEnd } from '../../shared/trim.ts'
import { httpLimits } from '../http/limits.ts'
import { edgeLimits } from '../limits.ts'
import type { MountHead } from '../listener/mount-head.ts'
import { ForgetfulMap } from './forgetful-map.ts'
import { PartedHeaders, partHead } from './personal-lines.ts'

/**
 * A request that can be read without a full HTTP parser: GET or HEAD in HTTP/1.1 of a path in plain characters, with a Host,
 * without a body, and with no `Connection` other than keep-alive or close. Nearly every listener's request is one.
 */
export interface PlainHead extends MountHead {
  /** whether another request may follow on the connection */
  keepAlive: boolean
  /** the index after the head's last character */
  end: number
  /** lines after the first one */
  lineCount: number
}

/** Method, path, query and header lines; the target has only characters that every URL parser leaves unchanged. */
const wholeHead =
  /(GET|HEAD) (\/[\w.~!$&()*+,;=:@%/-]*)(\?[\w.~!$&()*+,;=:@%/?-]*)? HTTP\/1\.1(\r\n(?:[!#$%&'*+.^_`|~\w-]+:[\t\x20-\x7e\x80-\xff]*\r\n)*)\r\n/y
/** headers that change what follows the head on the connection */
const framing = /\n(?:content-length|transfer-encoding|expect|upgrade):/i
/** two of them, even if one is empty, can be read as two requests: the full parser rejects them (RFC 9112 §3.2) */
const secondHost = /\nhost:.*\nhost:/is
/** The players of a crowd send the same few heads over and over, and parsing one takes longer than the draw. */
const known = new ForgetfulMap<string, PlainHead>(edgeLimits.headsKnownMax)

/**
 * Parses the head that begins at `start` in a text of latin1 characters. Undefined if it is incomplete, malformed or not
 * plain: the full HTTP parser then has to read it.
 */
export function readPlainHead(text: string, start: number): PlainHead | undefined {
  if (start > 0 || text.length > edgeLimits.headKnownLengthMax) return parsePlainHead(text, start)
  const before = known.get(text)
  if (before) return before
  return isOneHead(text) ? readParted(text) : parsePlainHead(text, start)
}

const isOneHead = (text: string) => text.indexOf('\r\n\r\n') === text.length - 4

/** Behind a proxy no head comes twice, since it names the listener's address: what the others have in common is parsed once. */
function readParted(text: string): PlainHead | undefined {
  const { common, lines } = partHead(text)
  let head = known.get(common)
  if (!head) {
    head = parsePlainHead(common, 0)
    if (!head) return undefined
    known.set(common, head)
  }
  if (lines.length === 0) return head
  const lineCount = head.lineCount + lines.length / 2 // a name and a value each
  if (lineCount > httpLimits.headLinesMax) return undefined
  const { method, path, query, mount, headers, keepAlive } = head
  return {
    method,
    path,
    query,
    mount,
    headers: new PartedHeaders(headers, lines),
    keepAlive,
    end: text.length,
    lineCount,
  }
}

function parsePlainHead(text: string, start: number): PlainHead | undefined {
  wholeHead.lastIndex = start
  const [whole, method, path, query = '', lines] = wholeHead.exec(text) ?? []
  if (whole === undefined || method === undefined || path === undefined || lines === undefined)
    return undefined
  // a head that comes in one packet has the bounds of one that comes in several
  const lineCount = countEnds(lines) - 1
  if (whole.length > httpLimits.headBytesMax || lineCount > httpLimits.headLinesMax) return undefined
  const headers = new HeaderLines(lines)
  if (framing.test(lines) || headers.get('host') === null || secondHost.test(lines)) return undefined
  const connection = headers.get('connection')?.toLowerCase() ?? 'keep-alive'
  if (connection !== 'keep-alive' && connection !== 'close') return undefined
  const keepAlive = connection === 'keep-alive'
  const mount = parseMount(path)
  return { method, path, query, mount, headers, keepAlive, end: start + whole.length, lineCount }
}

function countEnds(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

/** The few headers that are needed are searched for in the text: that is cheaper than parsing all of them. */
class HeaderLines {
  /** each line ends in CR LF, and a CR LF comes before the first */
  #lines: string
  #found = new Map<string, string | null>()

  constructor(lines: string) {
    this.#lines = lines
  }

  /** Like `Headers.get`: the values of a header given twice are joined by a comma. */
  get(name: string): string | null {
    let value = this.#found.get(name)
    if (value === undefined) {
      value = this.#find(patternOf(name))
      this.#found.set(name, value)
    }
    return value
  }

  #find(pattern: RegExp): string | null {
    let values: string | null = null
    pattern.lastIndex = 0
    for (let found = pattern.exec(this.#lines); found; found = pattern.exec(this.#lines)) {
      const value = trimmedEnd(found[1] ?? '', blanks)
      values = values === null ? value : `${values}, ${value}`
    }
    return values
  }
}

/** Patterns by header name, for the headers that this program reads. */
const patterns = new Map<string, RegExp>()

function patternOf(name: string): RegExp {
  const pattern = patterns.get(name) ?? new RegExp(`\\n${name}:[ \\t]*([^\\r]*)`, 'gi')
  patterns.set(name, pattern)
  return pattern
}

import { blanks, trimmed } from '../../../shared/trim.ts'
import { relayLimits } from '../limits.ts'

/** A reply's head. Header names in lower case, values as latin1 bytes; the last header of a name counts. */
export interface ResponseHead {
  status: number
  headers: ReadonlyMap<string, string>
}

/** The head and where its body begins; or more bytes are needed; or what is wrong. */
export type HeadResult = { head: ResponseHead; bodyAt: number } | 'incomplete' | { wrong: string }

/**
 * Reads `HTTP/1.x`, `ICY` and `ICE` heads with CR LF or bare LF. Pure: while incomplete, call it again with more bytes.
 */
export function parseResponseHead(bytes: Uint8Array): HeadResult {
  const bodyAt = endOfHead(bytes)
  if (bodyAt === undefined) {
    const { headBytesMax } = relayLimits
    return bytes.length < headBytesMax ? 'incomplete' : { wrong: `reply head exceeds ${headBytesMax} bytes` }
  }
  const [first = '', ...lines] = latin1(bytes.subarray(0, bodyAt)).split(/\r?\n/)
  const status = /^(?:HTTP\/1\.[01]|ICY|ICE\/1\.0) (\d{3})(?: |$)/.exec(first)?.[1]
  if (status === undefined)
    return { wrong: `expected HTTP or ICY, the reply begins with ${JSON.stringify(first.slice(0, 60))}` }
  const headers = new Map<string, string>()
  for (const line of lines) {
    const colon = line.indexOf(':')
    if (colon > 0 && !breaksLine.test(line))
      headers.set(line.slice(0, colon).trim().toLowerCase(), trimmed(line.slice(colon + 1), blanks))
  }
  return { head: { status: Number(status), headers }, bodyAt }
}

/** Characters that would break the heads sent to listeners: a header with them is left out. */
const breaksLine = /[\0\r]/
const lf = 10
const cr = 13

/** The offset after the first blank line. */
function endOfHead(bytes: Uint8Array): number | undefined {
  const end = Math.min(bytes.length, relayLimits.headBytesMax)
  let lineAt = 0
  for (let i = bytes.indexOf(lf); i >= 0 && i < end; i = bytes.indexOf(lf, lineAt)) {
    if (i === lineAt || (i === lineAt + 1 && bytes[lineAt] === cr)) return i + 1
    lineAt = i + 1
  }
  return undefined
}

const latin1 = (bytes: Uint8Array) =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')

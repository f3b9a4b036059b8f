import type { HeaderRule } from '../../config/xml/headers.ts'
import { printHead } from '../../http/reply.ts'

/** An answer with a list of headers that is the same one for all answers with the same object. */
interface KeptAnswer {
  status: number
  headers: readonly (readonly [string, string])[]
  pieces: readonly Uint8Array[]
  bytes: number
}

/** What a head depends on in addition to its answer. */
interface HeadOptions {
  version: '1.0' | '1.1'
  keepAlive: boolean
  rules: readonly HeaderRule[]
  /** ms since 1970, for `Date` */
  wallMs: number
}

/** A head, and all bytes of the answer that it was last sent with. */
interface Printed {
  rules: readonly HeaderRule[]
  head: Buffer
  whole: { piece: Uint8Array | undefined; bytes: Buffer } | undefined
}

/** bytes of a body that is copied behind its head, once a second for all listeners: one write costs less than two */
const copiedMax = 262_144

/** by the list of headers: only the date changes, once a second */
const kept = new WeakMap<KeptAnswer['headers'], { second: number; printed: Map<string, Printed> }>()

/** The head of an answer: printed once a second for all that get the same object. */
export const headBytes = (answer: KeptAnswer, options: HeadOptions): Buffer => printedOf(answer, options).head

/** Head and body in one, made once a second too; undefined if the body is too long to be copied. */
export function wholeBytes(answer: KeptAnswer, options: HeadOptions): Buffer | undefined {
  const { pieces, bytes } = answer
  const [piece] = pieces
  if (bytes > copiedMax || pieces.length > 1) return undefined
  const printed = printedOf(answer, options)
  if (printed.whole?.piece === piece && printed.whole) return printed.whole.bytes
  const whole = Buffer.concat(piece ? [printed.head, piece] : [printed.head])
  printed.whole = { piece, bytes: whole }
  return whole
}

function printedOf(
  { status, headers, bytes }: KeptAnswer,
  { version, keepAlive, rules, wallMs }: HeadOptions,
): Printed {
  const second = Math.floor(wallMs / 1000)
  const known = kept.get(headers)
  const printed = known?.second === second ? known.printed : new Map<string, Printed>()
  if (known?.second !== second) kept.set(headers, { second, printed })
  const key = `${version} ${status} ${keepAlive} ${bytes}`
  const before = printed.get(key)
  if (before?.rules === rules) return before
  const all = [...headers, ['Content-Length', `${bytes}`] as const]
  const text = `${printHead({ version, status, headers: all, rules, keepAlive })}\r\n`
  const made: Printed = { rules, head: Buffer.from(text, 'latin1'), whole: undefined }
  printed.set(key, made)
  return made
}

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
  /** how often it was asked for with a body */
  asked: number
  whole: { piece: Uint8Array | undefined; bytes: Buffer } | undefined
}

/** bytes of a body that is copied behind its head for all listeners of a second: one write costs less than two */
const copiedMax = 262_144
/** bytes of such copies of one second */
const copiesMax = 8_388_608

/** bytes of a body that is always copied: a playlist, which is a session's own */
const smallMax = 4096

/** Heads and short answers of one second, printed once for all that get the same; forgotten in the next, since the date changes. */
export class KeptBytes {
  #second = 0
  /** bytes of the copies */
  #bytes = 0
  /** by the list of headers */
  #printed = new Map<KeptAnswer['headers'], Map<number, Printed>>()

  /** The head of an answer: printed once a second for all that get the same object. */
  head(answer: KeptAnswer, options: HeadOptions): Buffer {
    return this.#printedOf(answer, options).head
  }

  /** Head and body in one, for the second listener of a second and those after it; undefined for others, and if it would be too long. */
  whole(answer: KeptAnswer, options: HeadOptions): Buffer | undefined {
    const { pieces, bytes } = answer
    const [piece] = pieces
    if (bytes > copiedMax || pieces.length > 1) return undefined
    const printed = this.#printedOf(answer, options)
    if (bytes <= smallMax) return Buffer.concat(piece ? [printed.head, piece] : [printed.head])
    if (printed.whole?.piece === piece && printed.whole) return printed.whole.bytes
    if (printed.asked++ === 0 || this.#bytes + bytes > copiesMax) return undefined
    const whole = Buffer.concat(piece ? [printed.head, piece] : [printed.head])
    this.#bytes += bytes
    printed.whole = { piece, bytes: whole }
    return whole
  }

  #printedOf(answer: KeptAnswer, options: HeadOptions): Printed {
    const { status, headers, bytes } = answer
    const { version, keepAlive, rules, wallMs } = options
    // the others have lists of headers of their own
    if (status !== 200) return print(answer, options)
    this.#begin(Math.floor(wallMs / 1000))
    let known = this.#printed.get(headers)
    if (!known) {
      known = new Map()
      this.#printed.set(headers, known)
    }
    const key = bytes * 4 + (keepAlive ? 2 : 0) + (version === '1.1' ? 1 : 0)
    const before = known.get(key)
    if (before?.rules === rules) return before
    const made = print(answer, options)
    known.set(key, made)
    return made
  }

  #begin(second: number): void {
    if (this.#second === second) return
    this.#second = second
    this.#bytes = 0
    this.#printed = new Map()
  }
}

function print({ status, headers, bytes }: KeptAnswer, { version, keepAlive, rules }: HeadOptions): Printed {
  const all = [...headers, ['Content-Length', `${bytes}`] as const]
  const text = `${printHead({ version, status, headers: all, rules, keepAlive })}\r\n`
  return { rules, head: Buffer.from(text, 'latin1'), asked: 0, whole: undefined }
}

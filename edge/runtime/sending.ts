import { Buffer } from 'node:buffer'
import { httpLimits } from '../http/limits.ts'
import type { BodyRest, PrintedAnswer } from '../http/print.ts'

/** An answer that is being sent: what is left of it, and the next bytes to write. */
export class Sending {
  /** whether another request may follow it */
  readonly keepAlive: boolean
  /** of all that was made before the first was written */
  readonly bytes: number
  readonly #pieces: Uint8Array[]
  /** how much of the first piece has been written */
  #at = 0
  /** the pieces that are not made yet */
  #rest: BodyRest | undefined

  constructor({ head, body: [first, ...others], rest }: PrintedAnswer, keepAlive: boolean) {
    const begin = Buffer.from(head, 'latin1')
    this.#pieces = [first ? Buffer.concat([begin, first]) : begin, ...others]
    this.bytes = this.#pieces.reduce((sum, { length }) => sum + length, 0)
    this.#rest = rest
    this.keepAlive = keepAlive
  }

  /** Takes the next bytes to write; undefined if none are left of what is made. */
  take(): Uint8Array | undefined {
    const [bytes] = this.#pieces
    if (!bytes) return undefined
    const piece = bytes.subarray(this.#at, this.#at + httpLimits.writeBytes)
    this.#at += piece.length
    if (this.#at === bytes.length) {
      this.#pieces.shift()
      this.#at = 0
    }
    return piece
  }

  /** Whether more of it may have to be made. */
  get hasMore(): boolean {
    return this.#rest !== undefined
  }

  /** Makes its next piece. */
  async makeMore(): Promise<void> {
    const piece = await this.#rest?.next()
    if (piece) this.#pieces.push(piece)
    else this.#rest = undefined
  }

  /** Nothing of it will be sent any more. */
  cancel(): void {
    this.#rest?.cancel()
  }
}

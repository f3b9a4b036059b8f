import type { Wire } from '../mount/stream/listener.ts'

/** maximum number of bytes in one TLS record (RFC 8446 §5.1) */
export const recordBytesMax = 16_384

/** What is needed of a TLS socket. */
export interface RecordSocket extends Pick<Wire, 'writableLength' | 'end' | 'destroy'> {
  write(bytes: Uint8Array, done: (error?: Error | null) => void): unknown
}

/**
 * A listener's TLS socket that gets one record at a time; the next is written when the system has accepted the previous
 * one.
 *
 * For as long as a connection lasts, Node keeps buffers for as many records as were once written together: a burst
 * written at once costs 50 KiB per listener for good.
 */
export class RecordWire implements Wire {
  #socket: RecordSocket
  /** bytes still to be written, in order */
  #pending: Uint8Array[] = []
  #isCorked = false
  /** a record is being written */
  #isBusy = false
  #isEnding = false
  #onDrain: (() => void) | undefined
  #onTaken = (error?: Error | null) => {
    this.#isBusy = false
    if (error) this.#pending = []
    this.#next()
  }

  constructor(socket: RecordSocket) {
    this.#socket = socket
  }

  get writableLength(): number {
    return this.#pending.reduce((sum, { length }) => sum + length, this.#socket.writableLength)
  }

  /** False if some of it has to wait. */
  write(bytes: Uint8Array): boolean {
    this.#pending.push(bytes)
    this.#next()
    return this.#pending.length === 0
  }

  cork(): void {
    this.#isCorked = true
  }

  uncork(): void {
    this.#isCorked = false
    this.#next()
  }

  once(_event: 'drain', listener: () => void): void {
    this.#onDrain = listener
  }

  end(): void {
    this.#isEnding = true
    this.#next()
  }

  destroy(): void {
    this.#pending = []
    this.#socket.destroy()
  }

  #next(): void {
    if (this.#isBusy || this.#isCorked) return
    const [first] = this.#pending
    if (!first) {
      this.#rest()
      return
    }
    if (first.length > recordBytesMax) this.#pending[0] = first.subarray(recordBytesMax)
    else this.#pending.shift()
    this.#isBusy = true
    this.#socket.write(first.subarray(0, recordBytesMax), this.#onTaken)
  }

  /** Everything has been written. */
  #rest(): void {
    if (this.#isEnding) this.#socket.end()
    const onDrain = this.#onDrain
    this.#onDrain = undefined
    onDrain?.()
  }
}

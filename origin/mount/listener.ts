import type { Queue } from './queue.ts'

/** What a listener needs of its socket. */
export interface Wire {
  write(bytes: Uint8Array): boolean
  cork(): void
  uncork(): void
  /** bytes written that the system has not taken yet */
  readonly writableLength: number
  once(event: 'drain', listener: () => void): unknown
  /** closes after what is written */
  end(): void
  destroy(): void
}

/** Who listens, for the admin's list. */
export interface ListenerInfo {
  address: string
  userAgent: string | undefined
  connectedAtMs: number
  /** a relay with credentials: served like a listener, but not counted as one */
  isRelay: boolean
}

/** What a listener was given since the last look. */
export interface Tally {
  writes: number
  bytes: number
  dropped: Listener[]
}

/** One connection that receives a mount: its socket and its place in the queue. */
export class Listener {
  readonly id: number
  readonly info: ListenerInfo
  readonly wire: Wire
  #queue: Queue
  #position: number
  #awaitsDrain = false
  /** counts what is written on drain, between two flushes */
  #tally: Tally

  constructor(id: number, info: ListenerInfo, wire: Wire, queue: Queue, tally: Tally) {
    this.id = id
    this.info = info
    this.wire = wire
    this.#queue = queue
    this.#position = queue.end
    this.#tally = tally
  }

  /**
   * Hands over what the queue holds beyond this listener's place, in one write. A socket that has not taken what it
   * got before is left alone: it catches up when it has, or is dropped once its place has fallen off the queue.
   */
  send(): void {
    const queue = this.#queue
    if (this.#position < queue.first) {
      this.#tally.dropped.push(this)
      return
    }
    const count = queue.end - this.#position
    if (count === 0 || this.wire.writableLength > 0) return
    const taken = count === 1 ? this.#write(queue.at(this.#position)?.bytes) : this.#writeAll(queue)
    this.#position = queue.end
    this.#tally.writes++
    if (!taken && this.wire.writableLength > 0) this.#awaitDrain()
  }

  #write(bytes: Uint8Array | undefined): boolean {
    if (!bytes) return true
    this.#tally.bytes += bytes.length
    return this.wire.write(bytes)
  }

  /** Hands over where it begins, and goes on with what the queue gets next. */
  begin(views: readonly Uint8Array[]): void {
    this.wire.cork()
    for (const view of views) this.#write(view)
    this.wire.uncork()
    this.#position = this.#queue.end
  }

  /** Several chunks leave in one system call. */
  #writeAll(queue: Queue): boolean {
    this.wire.cork()
    let taken = true
    for (let i = this.#position; i < queue.end; i++) taken = this.#write(queue.at(i)?.bytes)
    this.wire.uncork()
    return taken
  }

  #awaitDrain(): void {
    if (this.#awaitsDrain) return
    this.#awaitsDrain = true
    this.wire.once('drain', () => {
      this.#awaitsDrain = false
      this.send()
    })
  }
}

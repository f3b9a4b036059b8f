import type { Mount } from '../../../shared/mount.ts'
import { limits } from '../../limits.ts'
import { Queue } from './queue.ts'

/** What a listener needs from its socket. */
export interface Wire {
  write(bytes: Uint8Array): boolean
  cork(): void
  uncork(): void
  /** bytes written that the system has not accepted yet */
  readonly writableLength: number
  once(event: 'drain', listener: () => void): unknown
  /** closes after everything written is sent */
  end(): void
  destroy(): void
}

/** A listener's data for the admin's list. */
export interface ListenerInfo {
  address: string
  userAgent: string | undefined
  connectedAtMs: number
  /** a relay with credentials: served like a listener, but not counted as one */
  isRelay: boolean
  /** the requested mount, if a fallback answers; left out: the mount that it joins */
  requested?: Mount | undefined
  /** when its connection is closed, whichever mount it is on by then; undefined: never */
  deadlineMs?: number | undefined
  /** user name, if credentials were required */
  user?: string | undefined
  /** its id, if others already know it; left out: it gets one when it joins */
  id?: number
}

/** What was written to a listener since the last count. */
export interface WriteTally {
  writes: number
  bytes: number
  /** listeners that fell off the queue; a listener found twice is dropped once */
  dropped: Set<Listener>
}

/** The mount that a listener is on. */
export interface Seat {
  readonly name: Mount
  leave(listener: Listener): void
}

/** queue of a listener that hears nothing: on its way to another mount, or before its first frame */
const nowhere = new Queue(0)
/** a position before all held chunks: the listener has fallen off the queue */
const fallen = -1
const nothing: readonly Uint8Array[] = []

/** One connection that receives a mount: its socket and its position in the queue. */
export class Listener {
  readonly id: number
  readonly info: ListenerInfo
  readonly wire: Wire
  /** bytes of audio between two ICY metadata blocks, as its head announced; 0: none */
  readonly metaint: number
  /** the mount it is on now */
  seat: Seat
  /** mounts it requested or was moved away from: their sources may move it back */
  #history: readonly Mount[]
  #queue: Queue = nowhere
  #position = 0
  /** bytes it gets before those of its queue */
  #lead = nothing
  #awaitsDrain = false
  /** counts writes made on drain, between two flushes */
  #tally: WriteTally

  constructor(id: number, info: ListenerInfo, wire: Wire, metaint: number, seat: Seat, tally: WriteTally) {
    this.id = id
    this.info = info
    this.wire = wire
    this.metaint = metaint
    this.seat = seat
    this.#history = [info.requested ?? seat.name]
    this.#tally = tally
  }

  /** the mount it requested */
  get requested(): Mount {
    return this.#history[0] ?? this.seat.name
  }

  /** Whether it requested this mount, or was moved away from it. */
  belongsTo(mount: Mount): boolean {
    return this.#history.includes(mount)
  }

  /** of the next chunk of its queue that it gets */
  get position(): number {
    return this.#position
  }

  /** whether its socket has not accepted all that was written */
  get isBehind(): boolean {
    return this.#lead.length > 0 || this.wire.writableLength > 0
  }

  /**
   * Continues in a queue after its newest chunk, preceded by these bytes, which are sent with the next {@link send}.
   */
  attach(queue: Queue, views: readonly Uint8Array[] = nothing): void {
    if (this.#position === fallen) return
    this.#lead = this.#lead.length === 0 ? views : [...this.#lead, ...views]
    this.#queue = queue
    this.#position = queue.end
  }

  /** Writes bytes that are not from its queue, together with what it still lacks. */
  hand(views: readonly Uint8Array[]): void {
    this.attach(this.#queue, views)
    this.send()
  }

  /**
   * Leaves its queue, and keeps what the queue still holds for it. A listener that has not taken what it kept the last
   * time is dropped once that exceeds a limit: a stalled socket must not accumulate the output of a flapping source.
   */
  detach(): void {
    const queue = this.#queue
    const bytes = this.#lead.reduce((sum, { length }) => sum + length, 0)
    const fell = this.#position < queue.first || bytes > limits.leadBytesMax
    const rest: Uint8Array[] = []
    for (let i = this.#position; i < queue.end && !fell; i++)
      rest.push(queue.at(i)?.bytes ?? new Uint8Array())
    if (rest.length > 0) this.#lead = [...this.#lead, ...rest]
    this.#queue = nowhere
    this.#position = fell ? fallen : 0
  }

  /** Moves to another mount; the previous one may move it back. */
  moveTo(seat: Seat, tally: WriteTally): void {
    if (!this.#history.includes(this.seat.name)) this.#history = [...this.#history, this.seat.name]
    this.seat = seat
    this.#tally = tally
  }

  /** The connection ended. */
  leave(): void {
    this.seat.leave(this)
  }

  /**
   * Writes what the queue holds after this listener's position, in one write. A socket that has not accepted the
   * previous write is skipped: the listener catches up when it has, or is dropped once its position has fallen off the
   * queue.
   */
  send(): void {
    const queue = this.#queue
    if (this.#position < queue.first) {
      this.#tally.dropped.add(this)
      return
    }
    const count = queue.end - this.#position + this.#lead.length
    if (count === 0 || this.wire.writableLength > 0) return
    const hasOne = count === 1 && this.#lead.length === 0
    const taken = hasOne ? this.#write(queue.at(this.#position)?.bytes) : this.#writeAll(queue)
    this.#position = queue.end
    this.#tally.writes++
    if (!taken && this.wire.writableLength > 0) this.#awaitDrain()
  }

  /** Closes the connection once it has been written all that it still lacks: at once, or as its socket accepts it. */
  finish(): void {
    const queue = this.#queue
    const rest = [...this.#lead]
    if (this.#position < queue.first) this.#tally.dropped.add(this)
    else for (let i = this.#position; i < queue.end; i++) rest.push(queue.at(i)?.bytes ?? new Uint8Array())
    this.#queue = nowhere
    this.#position = 0
    this.#lead = nothing
    this.#pour(rest)
  }

  /** Writes no more than the socket accepts: some runtimes copy what waits, which all listeners together could not hold. */
  #pour(rest: Uint8Array[]): void {
    let at = 0
    this.wire.cork()
    for (let taken = true; at < rest.length && taken; at++) taken = this.#write(rest[at])
    this.wire.uncork()
    if (at < rest.length) this.wire.once('drain', () => this.#pour(rest.slice(at)))
    else this.wire.end()
  }

  #write(bytes: Uint8Array | undefined): boolean {
    if (!bytes) return true
    this.#tally.bytes += bytes.length
    return this.wire.write(bytes)
  }

  /** Sends several chunks in one system call. */
  #writeAll(queue: Queue): boolean {
    this.wire.cork()
    let taken = true
    for (const view of this.#lead) taken = this.#write(view)
    this.#lead = nothing
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

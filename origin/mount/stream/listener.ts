import type { Mount } from '../../../shared/mount.ts'
import { limits } from '../../limits.ts'
import { Queue } from './queue.ts'

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
  /** what it asked for, where a fallback answers; left out: the mount that it joins */
  requested?: Mount | undefined
  /** when its connection is closed, whichever mount it is on by then; undefined: never */
  deadlineMs?: number | undefined
  /** who it is, where it had to show credentials */
  user?: string | undefined
  /** its number, where others have been told of it; left out: it gets one as it joins */
  id?: number
}

/** What a listener was given since the last look. */
export interface Tally {
  writes: number
  bytes: number
  /** who fell off the queue; one who is found twice goes once */
  dropped: Set<Listener>
}

/** The mount that a listener is on. */
export interface Seat {
  readonly name: Mount
  leave(listener: Listener): void
}

/** where a listener is that hears nothing: on its way to another mount, or before its first frame */
const nowhere = new Queue(0)
/** a offset behind which everything is held: who stands there has fallen off */
const fallen = -1
const nothing: readonly Uint8Array[] = []

/** One connection that receives a mount: its socket and its offset in the queue. */
export class Listener {
  readonly id: number
  readonly info: ListenerInfo
  readonly wire: Wire
  /** bytes of audio between two blocks of ICY metadata, as its head says; 0: none */
  readonly metaint: number
  /** where it sits now */
  seat: Seat
  /** the mounts that it asked for or was moved away from: their sources may call it back */
  #history: readonly Mount[]
  #queue: Queue = nowhere
  #position = 0
  /** what it gets ahead of its queue */
  #lead = nothing
  #awaitsDrain = false
  /** counts what is written on drain, between two flushes */
  #tally: Tally

  constructor(id: number, info: ListenerInfo, wire: Wire, metaint: number, seat: Seat, tally: Tally) {
    this.id = id
    this.info = info
    this.wire = wire
    this.metaint = metaint
    this.seat = seat
    this.#history = [info.requested ?? seat.name]
    this.#tally = tally
  }

  /** what it asked for */
  get requested(): Mount {
    return this.#history[0] ?? this.seat.name
  }

  /** Whether it asked for this mount, or was moved away from it. */
  belongsTo(mount: Mount): boolean {
    return this.#history.includes(mount)
  }

  /** whether its socket has not taken all that it was handed */
  get isBehind(): boolean {
    return this.#lead.length > 0 || this.wire.writableLength > 0
  }

  /** Goes on in a queue behind its newest chunk, after these bytes, which leave with the next {@link send}. */
  attach(queue: Queue, views: readonly Uint8Array[] = nothing): void {
    if (this.#position === fallen) return
    this.#lead = this.#lead.length === 0 ? views : [...this.#lead, ...views]
    this.#queue = queue
    this.#position = queue.end
  }

  /** Hands over bytes that are not of its queue, in one write with what it still lacks. */
  hand(views: readonly Uint8Array[]): void {
    this.attach(this.#queue, views)
    this.send()
  }

  /**
   * Leaves its queue, and takes along what that still holds for it. Who has not taken what it took along the last time
   * is dropped once it exceeds its bound: a socket that stands still must not gather what a flapping source leaves.
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

  /** Sits on another mount from now on; the one before may call it back. */
  moveTo(seat: Seat, tally: Tally): void {
    if (!this.#history.includes(this.seat.name)) this.#history = [...this.#history, this.seat.name]
    this.seat = seat
    this.#tally = tally
  }

  /** The connection ended. */
  leave(): void {
    this.seat.leave(this)
  }

  /**
   * Hands over what the queue holds beyond this listener's offset, in one write. A socket that has not taken what it
   * got before is left alone: it catches up when it has, or is dropped once its offset has fallen off the queue.
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

  #write(bytes: Uint8Array | undefined): boolean {
    if (!bytes) return true
    this.#tally.bytes += bytes.length
    return this.wire.write(bytes)
  }

  /** Several chunks leave in one system call. */
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

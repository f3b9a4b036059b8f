import { joined } from '../../../shared/bytes.ts'
import type { Sink } from '../../icy/deinterleaver.ts'
import type { IcyMetadata } from '../../icy/metadata.ts'
import { relayLimits } from '../limits.ts'
import { isBehind, lookFor, splice, zerosBefore } from './splice.ts'

/** growth of the burst between two looks: all looks together cost a few times its size */
const lookGrowth = 1.25

/** Header of a container, with which both connections begin, whatever was lost between them. */
export interface ContainerHeader {
  /** the mount's header */
  bytes: Uint8Array
  /** length of the header at a stream's beginning; undefined until it is complete */
  lengthIn: (head: Uint8Array) => number | undefined
}

/** How to start a stream that does not continue the mount. */
export interface Frames {
  /** offset of the first frame in a burst */
  firstIn: (burst: Uint8Array) => number
  /** Makes the mount drop an incomplete frame at its end: the rest will not arrive. */
  breakOff: () => void
}

/**
 * Sits between a new connection and a mount that waits for it or switches to it: holds the bytes until it is known
 * where they continue the mount, then passes on what is new. Its owner ends the wait with {@link settle}.
 */
export class Splicer implements Sink {
  #tail: Uint8Array
  #sink: Sink
  #header: ContainerHeader | undefined
  #frames: Frames | undefined
  #held: (Uint8Array | IcyMetadata)[] = []
  #heldBytes = 0
  /** bytes held before the next look: a burst that arrives in small pieces is not examined for each */
  #lookAtBytes = 0
  #open = false

  /**
   * @param tail the mount's newest bytes
   * @param header for a container
   * @param frames for other formats
   */
  constructor(tail: Uint8Array, sink: Sink, header?: ContainerHeader, frames?: Frames) {
    this.#tail = header && beginsWith(tail, header.bytes) ? tail.subarray(header.bytes.length) : tail
    this.#sink = sink
    this.#header = header
    this.#frames = frames
  }

  /** whether all bytes pass from here on */
  get isOpen(): boolean {
    return this.#open
  }

  /** whether no byte has come yet, so that nothing can be said */
  get isEmpty(): boolean {
    return !this.#open && this.#heldBytes === 0
  }

  audio(bytes: Uint8Array): void {
    if (this.#open) {
      this.#sink.audio(bytes)
      return
    }
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    if (this.#heldBytes >= relayLimits.spliceBytesMax) this.goOn()
    else if (this.#heldBytes >= this.#lookAtBytes) this.#look()
  }

  metadata(metadata: IcyMetadata): void {
    if (this.#open) this.#sink.metadata(metadata)
    else this.#held.push(metadata)
  }

  /**
   * The burst is complete; if it does not overlap the mount, it follows after an unavoidable gap. Returns false if it
   * must be called again: the new connection lags behind the old one and has to catch up with the mount's end, or has
   * sent nothing yet, and will repeat what the mount has. It does not lag if it can continue: repetitive data matches both ways.
   */
  settle(): boolean {
    if (this.#open) return true
    if (this.isEmpty && this.#tail.length > 0) return false
    const head = this.#head()
    const from = this.#audioFrom(head)
    const at = splice(this.#tail, head, from ?? 0)
    if (at === undefined && from !== undefined && isBehind(this.#tail, head, from)) return false
    this.#release(at ?? this.#beginning(head, from ?? 0))
    return true
  }

  /** Stops waiting: passes on what there is, even if it repeats bytes that the mount has. */
  goOn(): void {
    if (this.#open) return
    const head = this.#head()
    const from = this.#audioFrom(head) ?? 0
    this.#release(splice(this.#tail, head, from) ?? this.#beginning(head, from))
  }

  #look(): void {
    const head = this.#head()
    const from = this.#audioFrom(head)
    const look = from === undefined ? { needs: 0 } : lookFor(this.#tail, head, from)
    if (look === 'unsure') this.#lookAtBytes = Number.POSITIVE_INFINITY
    else if ('at' in look) this.#release(look.at)
    else this.#lookAtBytes = Math.max(look.needs, this.#heldBytes * lookGrowth)
  }

  /** Where a burst that does not continue the mount begins. */
  #beginning(head: Uint8Array, audioFrom: number): number {
    if (this.#header) {
      // a header that listeners already have is not sent again; with another header, the stream begins there
      return beginsWith(head.subarray(0, audioFrom), this.#header.bytes) ? audioFrom : 0
    }
    this.#frames?.breakOff()
    return audioFrom + (this.#frames?.firstIn(head.subarray(audioFrom)) ?? 0)
  }

  /** Where the audio begins in a burst: after the header, or after the zeros sent instead of a partial frame. */
  #audioFrom(head: Uint8Array): number | undefined {
    return this.#header ? this.#header.lengthIn(head) : zerosBefore(head)
  }

  /** Passes on held bytes from an offset in the audio; of the titles before it only the last one counts. */
  #release(from: number): void {
    this.#open = true
    let skip = from
    let title: IcyMetadata | undefined
    for (const held of this.#held) {
      if (!(held instanceof Uint8Array)) {
        if (skip > 0 || title) title = held
        else this.#sink.metadata(held)
        continue
      }
      const fresh = held.subarray(Math.min(skip, held.length))
      skip -= held.length - fresh.length
      if (fresh.length === 0) continue
      if (title) this.#sink.metadata(title)
      title = undefined
      this.#sink.audio(fresh)
    }
    if (title) this.#sink.metadata(title)
    this.#held = []
    this.#tail = new Uint8Array()
  }

  #head(): Uint8Array {
    return joined(this.#held.filter((held) => held instanceof Uint8Array))
  }
}

const beginsWith = (bytes: Uint8Array, part: Uint8Array) =>
  bytes.length >= part.length && part.every((byte, i) => byte === bytes[i])

import { joined } from '../../../shared/bytes.ts'
import type { Sink } from '../../icy/deinterleaver.ts'
import type { IcyMetadata } from '../../icy/metadata.ts'
import { relayLimits } from '../limits.ts'
import { isBehind, lookFor, splice, zerosBefore } from './splice.ts'

/** times as many bytes as at the last look: all looks together are at a few times what comes */
const lookGrowth = 1.25

/** What of a container both connections begin with, whatever was lost between them. */
export interface ContainerHeader {
  /** the header that the mount has */
  bytes: Uint8Array
  /** bytes of the header that a stream begins with; undefined while it is not whole */
  lengthIn: (head: Uint8Array) => number | undefined
}

/** Where a stream that does not continue the mount may begin. */
export interface Frames {
  /** offset of the first frame in a burst */
  firstIn: (burst: Uint8Array) => number
  /** Lets the mount forget half a frame at its end: its other half does not come. */
  breakOff: () => void
}

/**
 * Stands between a new connection and a mount that waited for it, or goes over to it: holds what comes until it is known
 * where it continues the mount, then lets through what is new. Its owner tells it when to wait no longer, by {@link settle}.
 */
export class Splicer implements Sink {
  #tail: Uint8Array
  #sink: Sink
  #header: ContainerHeader | undefined
  #frames: Frames | undefined
  #held: (Uint8Array | IcyMetadata)[] = []
  #heldBytes = 0
  /** bytes that have to be held for the next look: a burst that comes in crumbs is not looked at for each */
  #lookAtBytes = 0
  #open = false

  /**
   * @param tail the newest bytes that the mount has
   * @param header of a container
   * @param frames of what is none
   */
  constructor(tail: Uint8Array, sink: Sink, header?: ContainerHeader, frames?: Frames) {
    this.#tail = header && beginsWith(tail, header.bytes) ? tail.subarray(header.bytes.length) : tail
    this.#sink = sink
    this.#header = header
    this.#frames = frames
  }

  /** whether everything passes from here on */
  get isOpen(): boolean {
    return this.#open
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
   * The burst is all there; where it overlaps nothing, it follows what the mount has, with a gap that nobody can fill.
   * False where it has to be asked again: the new way is behind the old one, and has yet to come to the mount's end. It
   * is not behind where it can go on: what repeats itself fits in both ways.
   */
  settle(): boolean {
    if (this.#open) return true
    const head = this.#head()
    const from = this.#audioFrom(head)
    const at = splice(this.#tail, head, from ?? 0)
    if (at === undefined && from !== undefined && isBehind(this.#tail, head, from)) return false
    this.#release(at ?? this.#beginning(head, from ?? 0))
    return true
  }

  /** It is waited for no longer: what there is goes on, though it may repeat what the mount has. */
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

  /** Where a burst begins that does not continue the mount. */
  #beginning(head: Uint8Array, audioFrom: number): number {
    if (this.#header) {
      // a header that listeners have is not sent again; another one is where they begin anew
      return beginsWith(head.subarray(0, audioFrom), this.#header.bytes) ? audioFrom : 0
    }
    this.#frames?.breakOff()
    return audioFrom + (this.#frames?.firstIn(head.subarray(audioFrom)) ?? 0)
  }

  /** Where the audio begins in a burst: behind the header, or the zeros in place of half a frame. */
  #audioFrom(head: Uint8Array): number | undefined {
    return this.#header ? this.#header.lengthIn(head) : zerosBefore(head)
  }

  /** Lets out what is held from an offset of the audio on; of the titles before it the last one counts. */
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

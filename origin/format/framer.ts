/** A piece of a stream, cut where a frame begins. */
export interface Cut {
  bytes: Uint8Array<ArrayBuffer>
  /** offsets in `bytes` at which a whole frame begins, ascending; empty where none is known */
  frames: readonly number[]
  /** a container's headers that hold from a place in `bytes` on, ascending; left out where there is none */
  headers?: readonly HeaderSet[]
}

/** What a listener of a container needs before its first frame. */
export interface HeaderSet {
  /** offset in the cut's bytes from which on it holds: behind its own place in the stream */
  at: number
  bytes: Uint8Array
  /** what it says is playing; undefined where its format does not say */
  title: string | undefined
  /** left out of formats that do not say */
  facts?: StreamFacts
}

/** What a container's header says of its stream, for the stats; what it does not say is left out. */
export interface StreamFacts extends AudioFacts {
  /** its codecs: `Vorbis`, of several streams `Theora/Vorbis` */
  subtype: string
  artist?: string | undefined
  /** without the artist */
  title?: string | undefined
}

/** What a stream's first packet says of its sound. */
export interface AudioFacts {
  channels?: number
  /** Hz */
  samplerate?: number
  /** bit/s, as its encoder meant it */
  bitrate?: number
  /** of the mapping of FLAC to Ogg: `1.0` */
  flacVersion?: string
}

/** What a stream says of itself in its header: names and values, in their order. */
export type Comments = readonly (readonly [name: string, value: string])[]

/** Finds the places in a stream at which a listener may begin. What goes in comes out, in order: all of it, or of a container all that is whole. */
export interface Framer {
  /** @throws FormatError where a container is not what it was said to be, or its header beyond its bounds */
  push(bytes: Uint8Array): void
  /** bytes held */
  readonly length: number
  /** a view of the bytes held, good until the next call */
  peek(): Uint8Array
  /** kbit/s of the audio by its own headers; 0 where it does not say */
  readonly kbps: number
  /** what it is, whatever its content type says: equal for all whose frames are told by the same rules */
  readonly format: string
  /** what the frames themselves say of their sound; undefined where they do not, or none was found */
  readonly sound: AudioFacts | undefined
  /** whether it finds frames; false of bytes of which nothing is known, or in which none came for long */
  readonly hasFrames: boolean
  /** whether a frame, or a header, of this format has come */
  readonly isFound: boolean
  /** whether a listener can begin nowhere but at a frame, and with the header that holds there */
  readonly isContainer: boolean
  /**
   * Puts these comments in place of the stream's from its next page on; false where that cannot be done. Left out of
   * formats that carry none.
   */
  retitle?(comments: Comments): boolean
  /** What has come up to the end of the last whole frame. */
  take(): Cut
  /** All that has come, for a stream that pauses or ends within a frame. */
  takeAll(): Cut
}

/** One frame's header, read. */
export interface Frame {
  /** Hz */
  samplerate: number
  channels: number
  /** bytes, header included */
  length: number
  durationMs: number
  /** equal in all frames of one stream: version, layer, rate; keeps chance patterns from passing as headers */
  kind: number
}

/** A way to read frames; a stream is of one format. */
export interface FrameFormat {
  name: string
  /** bytes that `parse` looks at */
  headerBytes: number
  /** The frame whose header stands at this offset; undefined where none does. */
  parse(bytes: Uint8Array, at: number): Frame | undefined
}

/** bytes of a buffer that is kept once it is empty: bigger ones were for a picture or a header that has gone by */
const keptBytesMax = 262_144

/** A growing run of bytes with its taken part cut off the front; each byte is moved a bounded number of times, however small the pieces. */
export class Pending {
  #buffer = new Uint8Array(4096)
  #from = 0
  length = 0

  get bytes(): Uint8Array {
    return this.#buffer.subarray(this.#from, this.#from + this.length)
  }

  append(bytes: Uint8Array): void {
    const length = this.length + bytes.length
    if (this.#from + length > this.#buffer.length) this.#makeRoom(length)
    this.#buffer.set(bytes, this.#from + this.length)
    this.length = length
  }

  /** A copy of the first bytes, of their exact size; what follows comes first from then on. */
  shift(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(this.#from, this.#from + count)
    this.drop(count)
    return taken
  }

  /** Forgets the first bytes. */
  drop(count: number): void {
    this.#from += count
    this.length -= count
    if (this.length > 0) return
    this.#from = 0
    if (this.#buffer.length > keptBytesMax) this.#buffer = new Uint8Array(4096)
  }

  /** Half of the buffer is free afterwards, so that the next move is as many bytes away as this one moved. */
  #makeRoom(length: number): void {
    const { bytes } = this
    if (length * 2 > this.#buffer.length) this.#buffer = new Uint8Array(length * 2)
    this.#buffer.set(bytes)
    this.#from = 0
  }
}

/** For streams whose frames we cannot tell: bytes as they come, a listener begins anywhere. */
export class ByteFramer implements Framer {
  readonly format: string
  readonly sound = undefined
  readonly kbps = 0
  readonly hasFrames = false
  readonly isFound = false
  readonly isContainer = false
  #pending = new Pending()

  /** @param format the content type, which is all that is known */
  constructor(format: string) {
    this.format = format
  }

  get length(): number {
    return this.#pending.length
  }

  peek(): Uint8Array {
    return this.#pending.bytes
  }

  push(bytes: Uint8Array): void {
    this.#pending.append(bytes)
  }

  take(): Cut {
    return { bytes: this.#pending.shift(this.#pending.length), frames: [] }
  }

  takeAll(): Cut {
    return this.take()
  }
}

/** A piece of a stream, cut where a frame begins. */
export interface Cut {
  bytes: Uint8Array<ArrayBuffer>
  /** offsets in `bytes` at which a complete frame begins, ascending; empty if none is known */
  frames: readonly number[]
  /** a container's headers with the offset from which each is valid, ascending; left out if there is none */
  headers?: readonly HeaderSet[]
}

/** What a listener of a container needs before its first frame. */
export interface HeaderSet {
  /** offset in `bytes` from which the header is valid: just after the header itself */
  at: number
  bytes: Uint8Array
  /** the title it gives; undefined if the format has no titles */
  title: string | undefined
  /** left out if the format does not give any */
  facts?: StreamFacts
}

/** What a container's header says about its stream, for the stats; values it does not give are left out. */
export interface StreamFacts extends AudioFacts {
  /** its codecs: `Vorbis`; for several streams `Theora/Vorbis` */
  subtype: string
  artist?: string | undefined
  /** without the artist */
  title?: string | undefined
}

/** Audio parameters from a stream's first packet. */
export interface AudioFacts {
  channels?: number
  /** Hz */
  samplerate?: number
  /** bit/s, the encoder's nominal value */
  bitrate?: number
  /** of MPEG audio, 1 to 3 */
  layer?: number | undefined
  /** version of the FLAC-to-Ogg mapping: `1.0` */
  flacVersion?: string
}

/** Comments in a stream's header: names and values, in order. */
export type Comments = readonly (readonly [name: string, value: string])[]

/**
 * Finds the offsets at which a listener can begin. Bytes come out in order: all of them, or of a container all complete
 * parts.
 */
export interface Framer {
  /** @throws FormatError if a container does not match its announced format, or its header exceeds a limit */
  push(bytes: Uint8Array): void
  /** bytes held */
  readonly length: number
  /** a view of the held bytes, valid until the next call */
  peek(): Uint8Array
  /** kbit/s of the audio according to its headers; 0 if they do not say */
  readonly kbps: number
  /** the detected format, whatever the content type says; equal for all streams that are framed by the same rules */
  readonly format: string
  /** audio parameters from the frames themselves; undefined if they give none, or no frame was found */
  readonly sound: AudioFacts | undefined
  /** whether it finds frames; false for unknown formats, and after a long stretch without a frame */
  readonly hasFrames: boolean
  /** whether a frame or header of this format has arrived */
  readonly isFound: boolean
  /** whether a listener can begin only at a frame, and needs the header that is valid there */
  readonly isContainer: boolean
  /**
   * Replaces the stream's comments from its next page on; false if that is not possible. Left out of formats without
   * comments.
   */
  retitle?(comments: Comments): boolean
  /** Takes everything up to the end of the last complete frame. */
  take(): Cut
  /** Takes everything, for a stream that pauses or ends within a frame. */
  takeAll(): Cut
}

/** A parsed frame header. */
export interface Frame {
  /** Hz */
  samplerate: number
  channels: number
  /** of MPEG audio, 1 to 3 */
  layer?: number
  /** bytes, header included */
  length: number
  durationMs: number
  /** equal in all frames of one stream: version, layer, rate; keeps random bytes from passing as headers */
  kind: number
}

/** How to parse the frames of one format. */
export interface FrameFormat {
  name: string
  /** bytes that `parse` looks at */
  headerBytes: number
  /** Parses the frame header at this offset; undefined if there is none. */
  parse(bytes: Uint8Array, at: number): Frame | undefined
}

/** bytes of a buffer that holds next to nothing */
const bufferBytesMin = 4096
/** a buffer this many times as long as what it last held is replaced by a shorter one */
const spareTimes = 8

/**
 * A growing byte buffer that is consumed from the front; each byte is moved a bounded number of times, however small
 * the pieces.
 */
export class Pending {
  #buffer = new Uint8Array(bufferBytesMin)
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

  /** Takes a copy of the first bytes, of exact size, and removes them. */
  shift(count: number): Uint8Array<ArrayBuffer> {
    const taken = this.#buffer.slice(this.#from, this.#from + count)
    this.drop(count)
    return taken
  }

  /** Removes the first bytes. */
  drop(count: number): void {
    const held = this.length
    this.#from += count
    this.length -= count
    if (this.length === 0) this.#from = 0
    if (held * spareTimes < this.#buffer.length && this.#buffer.length > bufferBytesMin) this.#shrink(held)
  }

  /** A source that began with a burst, or a large tag, must not keep its memory: a frame may remain at all times. */
  #shrink(held: number): void {
    const { bytes } = this
    this.#buffer = new Uint8Array(Math.max(bufferBytesMin, held * 2))
    this.#buffer.set(bytes)
    this.#from = 0
  }

  /** Leaves half of the buffer free, so that the next move comes only after as many bytes as this one moved. */
  #makeRoom(length: number): void {
    const { bytes } = this
    if (length * 2 > this.#buffer.length) this.#buffer = new Uint8Array(length * 2)
    this.#buffer.set(bytes)
    this.#from = 0
  }
}

/** Frames a stream of unknown format: bytes pass as they come, and a listener begins anywhere. */
export class ByteFramer implements Framer {
  readonly format: string
  readonly sound = undefined
  readonly kbps = 0
  readonly hasFrames = false
  readonly isFound = false
  readonly isContainer = false
  #pending = new Pending()

  /** @param format the content type: nothing else is known */
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

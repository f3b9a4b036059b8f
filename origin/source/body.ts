import { ChunkedDecoder } from '../http/chunked.ts'

/** Takes a request's body apart as it comes. */
export interface Body {
  /** @throws ChunkError where it is not framed as it says */
  push(bytes: Uint8Array): void
  /** its end has come; never so where nothing frames it, for then the connection's end is its own */
  readonly done: boolean
}

/**
 * The body of a source's request: chunked where it says so, of a length where it says one, else all that comes.
 * A length of 0 is no length: what has none to send would not be a source (Icecast ignores the header).
 */
export function sourceBody(headers: ReadonlyMap<string, string>, onData: (bytes: Uint8Array) => void): Body {
  if (isChunked(headers)) return new ChunkedDecoder(onData)
  const length = Number(headers.get('content-length'))
  return length > 0 ? new SizedBody(length, onData) : { done: false, push: onData }
}

export const isChunked = (headers: ReadonlyMap<string, string>): boolean =>
  /(^|,)\s*chunked\s*$/i.test(headers.get('transfer-encoding') ?? '')

/** A body of a known length; what follows it is ignored. */
export class SizedBody implements Body {
  #left: number
  #onData: (bytes: Uint8Array) => void

  constructor(length: number, onData: (bytes: Uint8Array) => void) {
    this.#left = length
    this.#onData = onData
  }

  get done(): boolean {
    return this.#left === 0
  }

  push(bytes: Uint8Array): void {
    const own = bytes.subarray(0, this.#left)
    this.#left -= own.length
    if (own.length > 0) this.#onData(own)
  }
}

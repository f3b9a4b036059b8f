import type { Wire } from '../../../../origin/mount/stream/listener.ts'
import type { Channel } from '../rig/network.ts'

/** The connection of a relay, as the server that feeds it sees it. */
export interface PullLine {
  host: string
  data(bytes: Uint8Array): void
  closed(): void
}

/** The same, as the relay sees it. */
export interface Served {
  host: string
  /** the relay has hung up */
  left(): void
}

/** Passes on what a mount writes, to whoever listens; tells once that it was closed. */
export class Ear implements Wire {
  writableLength = 0
  readonly #onClosed: () => void
  readonly #onBytes: (bytes: Uint8Array) => void
  #isClosed = false

  constructor(onClosed: () => void, onBytes: (bytes: Uint8Array) => void = () => {}) {
    this.#onClosed = onClosed
    this.#onBytes = onBytes
  }

  write(bytes: Uint8Array): boolean {
    this.#onBytes(bytes)
    return true
  }
  cork(): void {}
  uncork(): void {}
  once(): void {}
  end(): void {
    this.destroy()
  }
  destroy(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#onClosed()
  }
}

/** Passes on what a mount writes to a relay, until the line breaks; then it piles up, as in a socket whose other end is gone. */
export class LineWire extends Ear {
  readonly #channel: Channel
  readonly #line: PullLine
  #corked: Uint8Array[] | undefined

  constructor(channel: Channel, line: PullLine, onClosed: () => void) {
    super(() => {
      channel.send(line.closed, line.closed)
      onClosed()
    })
    this.#channel = channel
    this.#line = line
  }

  override write(bytes: Uint8Array): boolean {
    if (this.#channel.isBroken) {
      this.writableLength += bytes.length
      return false
    }
    if (this.#corked) this.#corked.push(bytes)
    else this.#send([bytes])
    return true
  }

  override cork(): void {
    this.#corked = []
  }

  override uncork(): void {
    const pieces = this.#corked ?? []
    this.#corked = undefined
    if (pieces.length > 0) this.#send(pieces)
  }

  #send(pieces: readonly Uint8Array[]): void {
    const bytes = Buffer.concat(pieces)
    this.#channel.send(() => this.#line.data(bytes), this.#line.closed)
  }
}

import { FormatError } from '../format/limits.ts'
import type { Timers } from '../lib/timers.ts'
import { mediaClock } from './clock.ts'
import { mediaLimits } from './limits.ts'
import type { MediaClock } from './media-clock.ts'

/** What the player needs of an open file. */
export interface ReadableFile {
  read(buffer: Uint8Array, offset: number, length: number, position: number): Promise<{ bytesRead: number }>
  close(): Promise<void>
}

/** Receives the file's bytes. */
export interface FileSink {
  push(bytes: Uint8Array): void
  /** the next bytes do not follow the previous ones */
  breakOff(): void
}

export interface FileFeedDeps {
  nowMs: () => number
  timers: Timers
}

/** Plays a file in a loop, at playback speed. */
export class FileFeed {
  #file: ReadableFile
  #contentType: string
  #sink: FileSink
  #deps: FileFeedDeps
  #buffer = new Uint8Array(mediaLimits.pieceBytes)
  #startedAtMs = 0
  /** bytes that every round except the first leaves out */
  #headerBytes = 0
  /** total duration of the previous rounds */
  #playedMs = 0
  #stopped = false
  #wake = () => {}
  #onFirst = () => {}

  constructor(file: ReadableFile, contentType: string, sink: FileSink, deps: FileFeedDeps) {
    this.#file = file
    this.#contentType = contentType
    this.#sink = sink
    this.#deps = deps
  }

  /**
   * Plays until it is stopped, then resolves. @throws FormatError if the file does not match its name, and the system's
   * error if it cannot be read.
   * @param onFirst called once enough bytes have been sent for a player to begin
   */
  async play(onFirst: () => void): Promise<void> {
    this.#onFirst = onFirst
    this.#startedAtMs = this.#deps.nowMs()
    try {
      while (!this.#stopped) await this.#round()
    } finally {
      await this.#file.close()
    }
  }

  stop(): void {
    this.#stopped = true
    this.#wake()
  }

  async #round(): Promise<void> {
    const clock = mediaClock(this.#contentType)
    if (!clock) throw new FormatError(`the playback speed of ${this.#contentType} is unknown`)
    let at = 0
    while (!this.#stopped) {
      const { bytesRead } = await this.#file.read(this.#buffer, 0, this.#buffer.length, at)
      if (bytesRead === 0) break
      at += bytesRead
      await this.#playPiece(this.#buffer.subarray(0, bytesRead), clock, at)
    }
    if (clock.playedMs === 0 && !this.#stopped) throw new FormatError('it contains no audio')
    this.#headerBytes = clock.headerBytes ?? 0
    this.#playedMs += clock.playedMs
    this.#onFirst() // the file is shorter than what is sent ahead
    this.#sink.breakOff()
  }

  async #playPiece(piece: Uint8Array, clock: MediaClock, at: number): Promise<void> {
    clock.push(piece)
    if (clock.playedMs === 0 && at > mediaLimits.silentBytesMax)
      throw new FormatError(`no audio in its first ${mediaLimits.silentBytesMax} bytes`)
    const pieceAt = at - piece.length
    this.#sink.push(piece.subarray(Math.max(0, this.#headerBytes - pieceAt)))
    const dueMs = this.#startedAtMs + this.#playedMs + clock.playedMs - mediaLimits.aheadMs
    const waitMs = dueMs - this.#deps.nowMs()
    if (waitMs <= 0) return
    this.#onFirst()
    await this.#wait(waitMs)
  }

  #wait(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const cancel = this.#deps.timers.after(ms, resolve)
      this.#wake = () => {
        cancel()
        resolve()
      }
    })
  }
}

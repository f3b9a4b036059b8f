import { weaveViews } from '../../icy/weave-views.ts'
import type { IntroFile } from '../../media/intro-files.ts'
import type { Listener } from '../stream/listener.ts'

export interface IntrosOptions {
  nowMs: () => number
  /** bytes that a listener may fall behind */
  queueBytes: () => number
  /** the metadata block with the mount's current title */
  titleBlock: () => Uint8Array
  /** The listener has heard the intro, and `since` bytes of audio since its last metadata block. */
  onHeard: (listener: Listener, since: number) => void
  /** the listener's socket takes no more data */
  onStuck: (listener: Listener) => void
}

interface Hearing {
  file: IntroFile
  startedAtMs: number
  /** bytes sent ahead of time, as a burst is for other listeners */
  aheadBytes: number
  /** bytes of the intro sent so far */
  given: number
  /** bytes of audio since its last metadata block */
  since: number
  isTitled: boolean
}

/**
 * The listeners of a mount that still hear its intro, each from its beginning and at playback speed: Icecast 2.4 sends it
 * as fast as the connection allows, and the live stream is late by the whole intro (docs/icecast.md#fallbacks-and-moves).
 */
export class Intros {
  #options: IntrosOptions
  #hearing = new Map<Listener, Hearing>()

  constructor(options: IntrosOptions) {
    this.#options = options
  }

  get listeners(): Iterable<Listener> {
    return this.#hearing.keys()
  }

  /** Adds a new listener, and returns the bytes to send at once. */
  join(listener: Listener, file: IntroFile, aheadBytes: number): readonly Uint8Array[] {
    const startedAtMs = this.#options.nowMs()
    const hearing = { file, startedAtMs, aheadBytes, given: 0, since: 0, isTitled: false }
    this.#hearing.set(listener, hearing)
    return this.#next(listener, hearing, startedAtMs)
  }

  /** Removes a listener; returns bytes of audio since its last metadata block, undefined if it hears no intro. */
  delete(listener: Listener): number | undefined {
    const since = this.#hearing.get(listener)?.since
    this.#hearing.delete(listener)
    return since
  }

  /** Sends the part that is due; a listener that has heard the whole intro moves on to the mount. */
  advance(): void {
    const nowMs = this.#options.nowMs()
    for (const [listener, hearing] of this.#hearing) {
      if (hearing.given === hearing.file.bytes.length) {
        this.#hearing.delete(listener)
        this.#options.onHeard(listener, hearing.since)
      } else if (!listener.isBehind) listener.hand(this.#next(listener, hearing, nowMs))
      else if (this.#due(hearing, nowMs) - hearing.given > this.#options.queueBytes())
        this.#options.onStuck(listener)
    }
  }

  #due({ file, startedAtMs, aheadBytes }: Hearing, nowMs: number): number {
    return aheadBytes + (nowMs - startedAtMs) * file.bytesPerMs
  }

  #next({ metaint }: Listener, hearing: Hearing, nowMs: number): readonly Uint8Array[] {
    const piece = hearing.file.bytes.subarray(hearing.given, Math.floor(this.#due(hearing, nowMs)))
    hearing.given += piece.length
    if (metaint === 0) return [piece]
    const title = hearing.isTitled ? undefined : this.#options.titleBlock()
    const woven = weaveViews(piece, metaint, hearing.since, title)
    hearing.since = woven.since
    hearing.isTitled ||= woven.blocks > 0
    return woven.views
  }
}

import { weaveViews } from '../../icy/weave-views.ts'
import type { IntroFile } from '../../media/intro-files.ts'
import type { Listener } from '../stream/listener.ts'

export interface IntrosOptions {
  nowMs: () => number
  /** bytes that a listener may be behind */
  queueBytes: () => number
  /** the block of metadata that says what the mount plays */
  titleBlock: () => Uint8Array
  /** It has heard the intro, and so many bytes of audio since its last block of metadata. */
  onHeard: (listener: Listener, since: number) => void
  /** it takes nothing any more */
  onStuck: (listener: Listener) => void
}

interface Hearing {
  file: IntroFile
  startedAtMs: number
  /** bytes that it gets ahead of their time, as another listener gets its burst */
  aheadBytes: number
  /** bytes of the intro that it was given */
  given: number
  /** bytes of audio since its last block of metadata */
  since: number
  isTitled: boolean
}

/**
 * Those of a mount's listeners who still hear its intro, each from its beginning and as fast as it sounds: 2.4 sends it as
 * fast as the connection takes it, and what is live comes later by all of it (docs/icecast.md#fallbacks-and-moves).
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

  /** Takes in a new listener, and returns what it gets at once. */
  join(listener: Listener, file: IntroFile, aheadBytes: number): readonly Uint8Array[] {
    const startedAtMs = this.#options.nowMs()
    const hearing = { file, startedAtMs, aheadBytes, given: 0, since: 0, isTitled: false }
    this.#hearing.set(listener, hearing)
    return this.#next(listener, hearing, startedAtMs)
  }

  /** Bytes of audio that it has had since its last block of metadata; undefined where it hears no intro. */
  delete(listener: Listener): number | undefined {
    const since = this.#hearing.get(listener)?.since
    this.#hearing.delete(listener)
    return since
  }

  /** Hands out what is due; who has heard all goes on to the mount. */
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

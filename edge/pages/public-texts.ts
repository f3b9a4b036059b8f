import type { HistoryRowJson } from '../../shared/api/history-json.ts'
import { offAirMounts, type PublicMount, publicMountOf, publicMounts } from '../../shared/api/json.ts'
import { Remembered } from '../../shared/api/remembered.ts'
import type { View } from '../../shared/draw/view.ts'
import type { Mount } from '../../shared/mount.ts'
import { nowPlaying } from './now-playing.ts'
import { publicPage } from './page.ts'
import { clusterStatusJson } from './status-json.ts'

type Awaitable<T> = T | Promise<T>

/** Everything that an edge publishes about itself; for a large cluster it is printed at most once a second. */
export class PublicTexts {
  readonly #nowMs: () => number
  readonly #startedAtMs: number
  readonly #mounts: Remembered<readonly PublicMount[]>
  readonly #page: Remembered<string>
  readonly #status: Remembered<WithBase>
  readonly #playing: Remembered<WithBase>

  constructor(nowMs: () => number, startedAtMs: number) {
    this.#nowMs = nowMs
    this.#startedAtMs = startedAtMs
    this.#mounts = new Remembered(nowMs)
    this.#page = new Remembered(nowMs)
    this.#status = new Remembered(nowMs)
    this.#playing = new Remembered(nowMs)
  }

  mounts(view: View): readonly PublicMount[] {
    return this.#mounts.of(view, (nowMs) => publicMounts(view, nowMs))
  }

  /** The page for people. @param history called only if the page has to be printed */
  async page(view: View, history: () => Awaitable<HistoryRowJson[]>): Promise<string> {
    const before = this.#page.get(view)
    if (before !== undefined) return before
    const rows = await history() // another request may have printed it meanwhile
    return this.#page.of(view, (nowMs) =>
      String(publicPage(this.mounts(view), offAirMounts(view, nowMs), rows)),
    )
  }

  /** Icecast's stats as JSON. @param only the one mount that was requested */
  status(view: View, base: string | undefined, only: string | undefined): string {
    const print = (mounts: readonly PublicMount[], at: string | undefined) =>
      JSON.stringify(clusterStatusJson(mounts, at, only, this.#startedAtMs))
    if (only !== undefined) return print(this.mounts(view), base)
    return this.#status.of(view, () => new WithBase((at) => print(this.mounts(view), at))).at(base)
  }

  /** The track of each mount, as JSON. @param only the one mount that was requested */
  playing(view: View, base: string | undefined, only?: string): string {
    if (only !== undefined) {
      // a name that is not a mount's is not found
      const found = publicMountOf(view, only as Mount, this.#nowMs())
      return JSON.stringify(nowPlaying(found ? [found] : [], base))
    }
    const print = (at: string) => JSON.stringify(nowPlaying(this.mounts(view), at))
    return this.#playing.of(view, () => new WithBase(print)).at(base)
  }
}

/**
 * A text that contains the edge's address, printed once for all addresses: a sender can make up ever new ones, which must not
 * cause it to be printed again.
 */
class WithBase {
  /** random, so that no title can contain it */
  readonly #host = `${crypto.randomUUID()}.invalid`
  readonly #text: string

  constructor(print: (base: string) => string) {
    this.#text = print(`http://${this.#host}`)
  }

  at(base: string | undefined): string {
    const host = base === undefined ? 'localhost' : new URL(base).hostname
    return this.#text.replaceAll(`http://${this.#host}`, () => base ?? '').replaceAll(this.#host, () => host)
  }
}

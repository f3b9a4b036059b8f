import { setTimeout as wait } from 'node:timers/promises'
import { checkMultivariant, type SeenPlaylist, type SeenSegment, WatchedPlaylist } from './playlist-laws.ts'

/** What a listener or an observer of HLS got of one segment. */
export interface WatchedSegment
  extends Pick<SeenSegment, 'number' | 'uri' | 'startMs' | 'seconds' | 'discontinuities'> {
  bytes: Uint8Array
}

/**
 * A player without sound: reads the media playlist again and again, holds each answer against the laws, and fetches every segment once, in
 * order. Where the server has nothing for it, it asks again, as players do.
 */
export class HlsWatcher {
  readonly heard: WatchedSegment[] = []
  /** statuses of answers that it could not use */
  readonly refusals = new Set<number>()
  readonly #url: string
  readonly #multivariantUrl: string
  readonly #everyMs: number
  readonly #watched = new WatchedPlaylist()
  #problem: unknown
  #isClosed = false

  /** @param multivariantUrl of the same server */
  constructor(mediaUrl: string, multivariantUrl: string, everyMs = 300) {
    this.#url = mediaUrl
    this.#multivariantUrl = multivariantUrl
    this.#everyMs = everyMs
    void this.#run()
  }

  /** Ends it. @throws the law that was broken */
  close(): void {
    this.#isClosed = true
    this.check()
  }

  /** @throws the law that was broken */
  check(): void {
    if (this.#problem !== undefined) throw this.#problem
  }

  async #run(): Promise<void> {
    while (!this.#isClosed && this.#problem === undefined) {
      const text = await this.#get(this.#url)
      const multivariant = await this.#get(this.#multivariantUrl)
      if (text) await this.#follow(new TextDecoder().decode(text))
      if (multivariant) this.#hold(() => checkMultivariant(new TextDecoder().decode(multivariant)))
      await wait(this.#everyMs)
    }
  }

  async #follow(text: string): Promise<void> {
    const playlist = this.#hold(() => this.#watched.add(text))
    if (playlist) await this.#fetchNew(playlist)
  }

  #hold<T>(law: () => T): T | undefined {
    try {
      return law()
    } catch (problem) {
      this.#problem = problem
      return undefined
    }
  }

  async #fetchNew({ segments }: SeenPlaylist): Promise<void> {
    const last = this.heard.at(-1)?.number ?? -1
    for (const { number, uri, startMs, seconds, discontinuities } of segments) {
      if (number <= last) continue
      const bytes = await this.#get(new URL(uri, this.#url).href)
      if (!bytes) return
      this.heard.push({ number, uri: uri.replace(/\?.*/, ''), startMs, seconds, discontinuities, bytes })
    }
  }

  /** undefined if there is no such thing now, or nobody answers */
  async #get(url: string): Promise<Uint8Array | undefined> {
    try {
      const answer = await fetch(url, { signal: AbortSignal.timeout(5000) })
      if (answer.ok) return new Uint8Array(await answer.arrayBuffer())
      this.refusals.add(answer.status)
    } catch {
      // it restarts
    }
    return undefined
  }
}

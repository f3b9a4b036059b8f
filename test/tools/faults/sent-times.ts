/** ms between two looks at the source */
const lookMs = 250
/** looks that are kept: half an hour */
const looksMax = 7200

/** When the source sent each frame, nearly: a segment of HLS may be heard a minute later. */
export class SentTimes {
  readonly #looks: { atMs: number; sent: number }[] = []
  readonly #timer: NodeJS.Timeout

  /** @param sent how many frames it has sent by now */
  constructor(sent: () => number, nowMs = Date.now) {
    this.#timer = setInterval(() => this.note(nowMs(), sent()), lookMs)
    this.#timer.unref()
  }

  note(atMs: number, sent: number): void {
    this.#looks.push({ atMs, sent })
    if (this.#looks.length > looksMax) this.#looks.shift()
  }

  /** When frame `n` was sent, at the latest; the newest look where that is not known yet. */
  at(n: number): number {
    return (this.#looks.find(({ sent }) => sent > n) ?? this.#looks.at(-1))?.atMs ?? 0
  }

  stop(): void {
    clearInterval(this.#timer)
  }
}

/** The numbers of one series in one row: of the whole cluster, of a mount, or of a server. */
export interface Numbers {
  /** s that listeners listened, added up */
  seconds: number
  /** most listeners at once */
  peak: number
  joins: number
  refused: number
  /** kbit sent */
  kbit: number
}

export const noNumbers: Numbers = { seconds: 0, peak: 0, joins: 0, refused: 0, kbit: 0 }

/** The numbers of two rows, or parts of one, together. */
export const added = (a: Numbers, b: Numbers): Numbers => ({
  seconds: a.seconds + b.seconds,
  peak: Math.max(a.peak, b.peak),
  joins: a.joins + b.joins,
  refused: a.refused + b.refused,
  kbit: a.kbit + b.kbit,
})

/**
 * A number of listeners, and a rate, that change at known moments and are integrated between them. Time is in ms by a clock
 * that never steps.
 */
export class Series {
  joins = 0
  refused = 0
  #listeners = 0
  #kbps = 0
  #sinceMs: number
  #seconds = 0
  #kbit = 0
  #peak = 0
  /** the sums when the running row began */
  #rowSeconds = 0
  #rowKbit = 0
  #playPeak = 0

  constructor(atMs: number) {
    this.#sinceMs = atMs
  }

  get listeners(): number {
    return this.#listeners
  }
  /** most listeners since {@link startPlay} */
  get playPeak(): number {
    return this.#playPeak
  }
  get isIdle(): boolean {
    return this.#listeners === 0 && this.#kbps === 0
  }

  /** Listener seconds since the series began. */
  secondsAt(atMs: number): number {
    this.#settle(atMs)
    return this.#seconds
  }

  startPlay(): void {
    this.#playPeak = this.#listeners
  }

  /** Changes the number and the rate as of a moment; one that is already behind is corrected. */
  change(listeners: number, kbps: number, atMs: number): void {
    const lateS = this.#settle(atMs)
    this.#seconds += listeners * lateS
    this.#kbit += kbps * lateS
    this.#listeners += listeners
    this.#kbps += kbps
    this.#peak = Math.max(this.#peak, this.#listeners)
    this.#playPeak = Math.max(this.#playPeak, this.#listeners)
  }

  /** The numbers since the last row ended. */
  rowAt(atMs: number): Numbers {
    this.#settle(atMs)
    const { joins, refused } = this
    return {
      seconds: Math.max(0, this.#seconds - this.#rowSeconds),
      peak: this.#peak,
      joins,
      refused,
      kbit: Math.max(0, this.#kbit - this.#rowKbit),
    }
  }

  /** The same; the row ends here. */
  endRow(atMs: number): Numbers {
    const row = this.rowAt(atMs)
    this.#rowSeconds = this.#seconds
    this.#rowKbit = this.#kbit
    this.#peak = this.#listeners
    this.joins = 0
    this.refused = 0
    return row
  }

  /** Integrates up to a moment; returns by how many s that moment is behind. */
  #settle(atMs: number): number {
    const seconds = (atMs - this.#sinceMs) / 1000
    if (seconds <= 0) return -seconds
    this.#seconds += this.#listeners * seconds
    this.#kbit += this.#kbps * seconds
    this.#sinceMs = atMs
    return 0
  }
}

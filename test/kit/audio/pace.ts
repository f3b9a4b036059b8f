/** ms by which a source may fall behind before it lets the missed audio go: longer than any pause of a healthy process. */
const behindMsMax = 2000

/**
 * When the frames of a source are due: frame k at the start + k frame lengths, so that nothing adds up over hours,
 * however late each look at the clock is.
 */
export class Pace {
  readonly #frameMs: number
  #startMs: number
  #sent = 0

  constructor(frameMs: number, nowMs: number) {
    this.#frameMs = frameMs
    this.#startMs = nowMs
  }

  /** How many frames to send now. A machine that slept is not made up for: its source goes on from now. */
  due(nowMs: number): number {
    const behindMs = nowMs - this.#startMs - this.#sent * this.#frameMs
    if (behindMs > behindMsMax) this.#startMs += behindMs
    const due = Math.floor((nowMs - this.#startMs) / this.#frameMs) + 1 - this.#sent
    if (due <= 0) return 0
    this.#sent += due
    return due
  }
}

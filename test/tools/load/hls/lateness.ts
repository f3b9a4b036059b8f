/** ms by which a look may be late and still count what has not come as missing: later, answers may be here unread */
const lateMsMax = 1000

/** Whether a program that looks at its sessions every few ms is in time: it may have had no processor, and its servers had one. */
export class Lateness {
  #everyMs: number
  #lookedMs: number
  /** ms by which a look was late, at most */
  mostMs = 0

  constructor(everyMs: number, nowMs: number) {
    this.#everyMs = everyMs
    this.#lookedMs = nowMs
  }

  /** To be called at each look; false: the next look is the one that counts, since what has come meanwhile is read before it. */
  isInTime(nowMs: number): boolean {
    const lateMs = nowMs - this.#lookedMs - this.#everyMs
    this.#lookedMs = nowMs
    this.mostMs = Math.max(this.mostMs, lateMs)
    return lateMs <= lateMsMax
  }
}

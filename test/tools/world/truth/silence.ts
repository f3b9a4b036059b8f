import type { Report } from '../../../../shared/report/report.ts'
import type { Told } from './ledger.ts'

/** ms for which a decider that hears nobody may draw by the last reports (docs/protocol.md#a-decider-that-hears-nobody) */
const heldMs = 600_000
/** servers that have to go stale together */
const missedMin = 2

/** ms for which a report counts */
export const spanMs = ({ interval }: Report): number => 2500 * interval + 2000

/**
 * When a stale server may get listeners: the decider hears nobody, or did not until a moment ago
 * (docs/protocol.md#a-decider-that-hears-nobody). Written down from that page, and not from the code.
 */
export class Silence {
  readonly #ownId: string | undefined
  #lastMs = Number.NEGATIVE_INFINITY
  /** by server: one more deadline, once reports come again */
  readonly #graceMs = new Map<string, number>()
  /** by server: when it was kept in last */
  readonly #keptMs = new Map<string, number>()
  /** by server: until when a silence holds it although an operator has deleted another */
  readonly #heldMs = new Map<string, number>()
  #isUnsure = false

  constructor(ownId: string | undefined) {
    this.#ownId = ownId
  }

  /** A report comes: those that were kept in get one more deadline from now on. */
  heard(told: ReadonlyMap<string, Told>, atMs: number): void {
    const held = [...told].filter(([id]) => (this.#heldMs.get(id) ?? 0) > atMs)
    const kept = [...this.#kept(told, atMs), ...held]
    this.#heldMs.clear()
    for (const [id, { report }] of kept) {
      this.#graceMs.set(id, atMs + spanMs(report))
      this.#keptMs.set(id, atMs)
    }
    // one that is still in from a silence before was live at the last report, too
    if (kept.length > 0)
      for (const [id, { report }] of told)
        if ((this.#graceMs.get(id) ?? 0) > atMs) this.#graceMs.set(id, atMs + spanMs(report))
    this.#lastMs = Math.max(this.#lastMs, atMs)
    this.#isUnsure = false
  }

  /** An operator deletes a server: a silence that has begun goes on for the others until somebody reports. */
  forgetting(told: ReadonlyMap<string, Told>, nowMs: number): void {
    for (const [id] of this.#kept(told, nowMs)) this.#heldMs.set(id, nowMs + heldMs)
  }

  /** The decider starts again: it remembers only the times of what was stored. */
  restart(told: ReadonlyMap<string, Told>): void {
    this.#graceMs.clear()
    this.#heldMs.clear()
    this.#lastMs = Math.max(Number.NEGATIVE_INFINITY, ...[...told.values()].map(({ atMs }) => atMs))
  }

  /** It is not known which report was the last. */
  doubt(): void {
    this.#isUnsure = true
  }

  /** @param knownMs of an isolate: from which moment its knowledge is */
  excuses(told: ReadonlyMap<string, Told>, id: string, nowMs: number, knownMs: number): boolean {
    if (knownMs <= (this.#keptMs.get(id) ?? Number.NEGATIVE_INFINITY)) return true
    if (this.#isUnsure || nowMs <= (this.#graceMs.get(id) ?? Number.NEGATIVE_INFINITY)) return true
    if (nowMs <= (this.#heldMs.get(id) ?? Number.NEGATIVE_INFINITY)) return true
    return this.#kept(told, nowMs).some(([kept]) => kept === id)
  }

  /**
   * Servers that are kept in: a silence that has begun lasts until the next report, also where a server with a longer deadline goes
   * stale later, beside which others were in time. It can only end so, so each moment before such an end is looked at.
   */
  #kept(told: ReadonlyMap<string, Told>, nowMs: number): [string, Told][] {
    const ends = [...told.values()].map(({ report, atMs }) => atMs + spanMs(report))
    for (const momentMs of [nowMs, ...ends.filter((endMs) => endMs < nowMs)]) {
      const kept = this.#keptFrom(told, momentMs, nowMs)
      if (kept.length > 0) return kept
    }
    return []
  }

  /** Servers that went stale between the last report of anyone and a moment, if two did and everybody else was late too. */
  #keptFrom(told: ReadonlyMap<string, Told>, momentMs: number, nowMs: number): [string, Told][] {
    const others = [...told].filter(([id, { report }]) => id !== this.#ownId && report.state !== 'leaving')
    const lastMs = Math.max(...others.map(([, { atMs }]) => atMs), this.#lastMs)
    const missed = others.filter(
      ([, { report, atMs, carriesAll = false }]) =>
        atMs + spanMs(report) > lastMs &&
        momentMs > atMs + spanMs(report) &&
        (carriesAll || report.mounts.length > 0),
    )
    if (missed.length < missedMin) return []
    const beganMs =
      missed.map(([, { report, atMs }]) => atMs + spanMs(report)).sort((a, b) => a - b)[missedMin - 1] ?? 0
    if (nowMs > beganMs + heldMs) return []
    const longestMs = Math.max(...missed.map(([, { report }]) => spanMs(report)))
    const isInTime = ({ report, atMs }: Told) =>
      report.interval * 1000 < longestMs && momentMs <= atMs + report.interval * 1000 + 2000
    if (others.some(([, each]) => isInTime(each))) return []
    return others.filter(([, { report, atMs }]) => atMs + spanMs(report) > lastMs)
  }
}

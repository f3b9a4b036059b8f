import type { AboutMount } from '../../../shared/report/about-mount.ts'
import type { Report } from '../../../shared/report/report.ts'
import { mountReport, reportOf, seededRoll } from './reports.ts'

export const dayMs = 86_400_000
/** a midnight, so that hours and days begin with it */
export const dayStartMs = Date.UTC(2026, 0, 1)
const interval = 20
const mounts = ['/music.mp3', '/talk.mp3', '/never.mp3'] as const
export const slaves = ['a', 'b', 'c', 'd'] as const

/** Something that happens on the day: a report arrives, or the edge restarts. Times are ms since the midnight. */
export interface Happening {
  atMs: number
  report?: Report
  restart?: 'killed' | 'stopped'
}

/** A number of listeners over time, as it truly was. */
class Truth {
  readonly #first = { atMs: 0, listeners: 0 }
  #changes = [this.#first]

  /** Later than all changes before. */
  set(atMs: number, listeners: number): void {
    if (atMs < (this.#changes.at(-1) ?? this.#first).atMs)
      throw new Error(`${atMs} ms is before the last change`)
    this.#changes.push({ atMs, listeners })
  }

  get now(): number {
    return this.#changes.at(-1)?.listeners ?? 0
  }

  /** The index of the change that counts at a moment, by halving: a day has thousands, and is asked for each play. */
  #indexAt(nowMs: number): number {
    let [from, to] = [0, this.#changes.length]
    while (to - from > 1) {
      const middle = (from + to) >> 1
      if ((this.#changes[middle] ?? this.#first).atMs <= nowMs) from = middle
      else to = middle
    }
    return from
  }

  /** listener hours between two moments */
  hours(fromMs: number, toMs: number): number {
    let sum = 0
    for (let i = this.#indexAt(fromMs); i < this.#changes.length; i++) {
      const { atMs, listeners } = this.#changes[i] ?? this.#first
      if (atMs >= toMs) break
      const endMs = this.#changes[i + 1]?.atMs ?? dayMs
      sum += listeners * Math.max(0, Math.min(endMs, toMs) - Math.max(atMs, fromMs))
    }
    return sum / 3_600_000
  }
}

/** A play as it truly was. */
export interface TruePlay {
  mount: string
  title: string
  fromMs: number
  toMs: number
}

const silent = { id: 'd', fromMs: 12 * 3_600_000, toMs: 13 * 3_600_000 }
const away = [
  { atMs: 15.3 * 3_600_000, forMs: 12_000, restart: 'killed' as const },
  { atMs: 20.7 * 3_600_000, forMs: 15_000, restart: 'stopped' as const },
]
const isAway = (atMs: number) => away.some((each) => atMs >= each.atMs && atMs < each.atMs + each.forMs)
const isSilent = (id: string, atMs: number) => id === silent.id && atMs >= silent.fromMs && atMs < silent.toMs
const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

/** A slave whose listeners come and go between its reports. */
class MadeUpSlave {
  readonly id: string
  readonly truths = new Map(mounts.map((mount) => [mount, new Truth()]))
  readonly joins = new Map<string, number>()
  #roll: () => number

  constructor(id: string, roll: () => number) {
    this.id = id
    this.#roll = roll
  }

  report(seq: number): Report {
    const reported = [...this.truths].map(([mount, { now }]) =>
      mountReport(mount, { listeners: now, joins: this.joins.get(mount) ?? 0 }),
    )
    return reportOf(this.id, {
      boot: 'b',
      seq,
      interval,
      maxListeners: 10_000,
      listeners: sum(reported.map(({ listeners }) => listeners)),
      joins: sum(reported.map((each) => each.joins)),
      mounts: reported,
    })
  }

  /** It falls silent: its listeners count until its deadline, 2.5 intervals and 2 s after its last report. */
  fallSilent(lastMs: number): void {
    for (const truth of this.truths.values()) truth.set(lastMs + 52_000, 0)
  }

  /** Listeners come and go some time before the next report. */
  drift(atMs: number): void {
    for (const [mount, truth] of this.truths) {
      const wave = 1 + Math.sin((atMs / dayMs) * 2 * Math.PI + (mount === '/talk.mp3' ? 2 : 0))
      const aim = Math.round(100 * wave + 20 * this.#roll())
      const step = truth.now === 0 ? aim : Math.round((aim - truth.now) * 0.3 + (this.#roll() - 0.5) * 8)
      const now = Math.max(0, truth.now + step)
      this.joins.set(mount, (this.joins.get(mount) ?? 0) + Math.max(0, now - truth.now))
      truth.set(atMs + this.#roll() * interval * 1000, now)
    }
  }
}

/**
 * A day that was made up by seeded dice: four slaves whose listeners come and go between their reports, one of which is
 * silent for an hour; a master whose titles last three minutes, one second (for ten minutes), and the whole day; an edge that
 * is killed once and stopped once, and away for a moment each time.
 */
export function madeUpDay(seed = 1) {
  const roll = seededRoll(seed)
  const happenings: Happening[] = away.map(({ atMs, forMs, restart }) => ({ atMs: atMs + forMs, restart }))
  const all = slaves.map((id) => new MadeUpSlave(id, roll))
  for (const slave of all) {
    const { id } = slave
    for (let atMs = roll() * 1000, seq = 0; atMs < dayMs; atMs += interval * 1000, seq++) {
      const lastMs = atMs - interval * 1000
      if (isSilent(id, atMs) && !isSilent(id, lastMs)) slave.fallSilent(lastMs)
      if (isSilent(id, atMs)) continue
      if (!isAway(atMs)) happenings.push({ atMs, report: slave.report(seq) })
      slave.drift(atMs)
    }
  }
  const plays = playAll(happenings)
  happenings.sort((a, b) => a.atMs - b.atMs)
  const hoursOf = (isAsked: (id: string, mount: string) => boolean, fromMs = 0, toMs = dayMs) =>
    sum(
      all.flatMap(({ id, truths }) =>
        [...truths].map(([mount, truth]) => (isAsked(id, mount) ? truth.hours(fromMs, toMs) : 0)),
      ),
    )
  return { happenings, hoursOf, plays, joins: sum(all.flatMap(({ joins }) => [...joins.values()])) }
}

/** The master's reports, and what was truly played. */
function playAll(happenings: Happening[]): TruePlay[] {
  const title = { '/music.mp3': 'song 0', '/talk.mp3': 'second 0', '/never.mp3': 'never' }
  const plays: TruePlay[] = []
  const since: Record<string, number> = { '/music.mp3': 0, '/talk.mp3': 0, '/never.mp3': 0 }
  const change = (mount: keyof typeof title, atMs: number, next: string) => {
    plays.push({ mount, title: title[mount], fromMs: since[mount] ?? 0, toMs: atMs })
    title[mount] = next
    since[mount] = atMs
  }
  let seq = 0
  const report = (atMs: number) => {
    if (isAway(atMs)) return
    const about = (mount: keyof typeof title): AboutMount => ({ title: title[mount], artist: 'A' })
    const carried = mounts.map((mount) => mountReport(mount, { about: about(mount) }))
    const over = { role: 'master', boot: 'b', seq: seq++, interval, joins: 0, maxListeners: 0 } as const
    happenings.push({ atMs, report: reportOf('m', { ...over, mounts: carried }) })
  }
  for (let second = 0; second < dayMs / 1000; second++) {
    const atMs = second * 1000
    const isBurst = second > 36_000 && second <= 36_600
    if (second > 0 && second % 180 === 0) change('/music.mp3', atMs, `song ${second / 180}`)
    if (isBurst) change('/talk.mp3', atMs, `second ${second}`)
    if (isBurst || second % interval === 0 || second % 180 === 0) report(atMs)
  }
  for (const mount of mounts) change(mount, dayMs, '')
  return plays
}

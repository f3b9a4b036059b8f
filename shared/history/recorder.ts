import type { Mount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import { mountChanges } from '../report/mount-changes.ts'
import type { MountReport, Report } from '../report/report.ts'
import { type JoinCounters, joinsSince, mountJoinsSince } from './joins.ts'
import { historyLimits } from './limits.ts'
import { type Play, PlayLog } from './play-log.ts'
import type { HistoryRow } from './rows.ts'
import { type Numbers, Series } from './series.ts'

/** A report, as far as the history is concerned. */
export interface Reported {
  report: Report
  /** until when its numbers count if no other report comes; by the clock that never steps */
  untilMs: number
  /** its mounts that count: of a polled server, those that a master carries too */
  mounts: Report['mounts']
}

/** What a server adds to the sums, and what is remembered of it. */
interface Held {
  untilMs: number
  listeners: number
  kbps: number
  mounts: Report['mounts']
  isMaster: boolean
  counters: JoinCounters
}

/** What a row that is finished holds: its numbers, the plays that ended in it, and those that were under way at its end. */
export interface Finished {
  row: HistoryRow
  /** its end, ms since 1970 by the wall clock */
  untilMs: number
  ended: Play[]
  open: Play[]
}

export interface RecorderDeps {
  /** ms since 1970 by the wall clock, which may be set */
  wallMs: (nowMs: number) => number
  /** what a master says of a mount at a moment */
  about: (mount: Mount, nowMs: number) => AboutMount | undefined
}

const minuteMs = 60_000

/**
 * Makes the rows of a history from reports (docs/api.md#get-apihistory). A reported number holds until the next report, or until the server's deadline, so
 * listening is integrated, not sampled. Moments are by a clock that seldom steps; where it steps back, time goes on from the
 * newest moment. A row's minute is by the wall clock. If that is set, the running row ends there.
 */
export class Recorder {
  readonly plays = new PlayLog()
  #deps: RecorderDeps
  #held = new Map<string, Held>()
  #total: Series
  #mounts = new Map<Mount, Series>()
  #servers = new Map<string, Series>()
  /** no deadline is before this moment */
  #nextDeadlineMs = Number.POSITIVE_INFINITY
  /** the running row: its begin, its minute, and how far the wall clock is ahead */
  #rowMs: number
  #minute: number
  #aheadMs: number
  /** the newest moment, and what is added to moments since the decider's clock stepped back */
  #latestMs: number
  #shiftMs = 0
  #finished: Finished[] = []

  /** @param startMs when it begins: before now if it goes on after a restart */
  constructor(deps: RecorderDeps, startMs: number, nowMs: number) {
    this.#deps = deps
    this.#aheadMs = deps.wallMs(nowMs) - nowMs
    this.#rowMs = startMs
    this.#latestMs = startMs
    this.#minute = this.#minuteAt(startMs)
    this.#total = new Series(startMs)
  }

  /** Takes a report as of now; returns the server's joins since its last one. */
  report(reported: Reported, nowMs: number): number {
    this.advance(nowMs)
    return this.#put(reported, this.#latestMs)
  }

  /** A server is as it was when the decider stopped: its numbers count from the start on. */
  restore(reported: Reported): void {
    this.#put(reported, this.#rowMs)
  }

  /** Goes on with a play that was under way when the decider stopped, if the mount still has that track; else it ended then. */
  resume(play: Play): void {
    const about = this.#deps.about(play.mount, this.#rowMs)
    if (about && about.artist === play.artist && about.title === play.title)
      this.plays.resume(play, this.#mountSeries(play.mount, this.#rowMs), this.#rowMs)
    else this.plays.addEnded(play)
  }

  /** Forgets a server that was removed, as of the last moment that is known. */
  forget(id: string): void {
    const before = this.#held.get(id)
    if (!before) return
    const none: Held = { ...before, listeners: 0, kbps: 0, mounts: [] }
    this.#replace(id, before, none, this.#latestMs)
    this.#held.delete(id)
    this.#noteLost(before, none, this.#latestMs)
  }

  /** A request for a mount got no server. */
  refused(mount: Mount | undefined, n: number): void {
    this.#total.refused += n
    if (mount !== undefined) this.#mountSeries(mount, this.#latestMs).refused += n
  }

  /** A server sent listeners back. */
  sentBack(id: string, n: number): void {
    if (this.#held.has(id)) this.#serverSeries(id, this.#latestMs).refused += n
  }

  /** Comes up to a moment: servers whose deadline is over count until then, and rows whose minute is over are finished. */
  advance(nowMs: number): void {
    this.#shiftMs = Math.max(this.#shiftMs, this.#latestMs - nowMs)
    const atMs = nowMs + this.#shiftMs
    this.#latestMs = atMs
    for (let rows = 0; this.#endMs() <= atMs; rows++) {
      const isWorthIt = this.#held.size > 0 && rows < historyLimits.catchUpMax
      this.#endRow(isWorthIt ? this.#endMs() : atMs)
    }
    this.#expire(atMs)
    const aheadMs = this.#deps.wallMs(nowMs) - atMs
    if (Math.abs(aheadMs - this.#aheadMs) <= historyLimits.clockJumpMs) return
    this.#endRow(atMs)
    this.#aheadMs = aheadMs
    this.#minute = this.#minuteAt(atMs)
  }

  /** Ends the running row before its minute is over, because the program stops. */
  stop(nowMs: number): void {
    this.advance(nowMs)
    this.#endRow(this.#latestMs)
  }

  /** The running row, as far as it has come. */
  running(nowMs: number): HistoryRow {
    this.advance(nowMs)
    const atMs = this.#latestMs
    const rowsOf = (all: ReadonlyMap<string, Series>) =>
      new Map([...all].map(([name, series]) => [name, series.rowAt(atMs)]))
    return {
      bucket: this.#minute,
      span: (atMs - this.#rowMs) / 1000,
      total: this.#total.rowAt(atMs),
      mounts: rowsOf(this.#mounts),
      servers: rowsOf(this.#servers),
    }
  }

  /** The plays under way, and those that ended in the running row. */
  playsAt(nowMs: number): { open: Play[]; ended: readonly Play[] } {
    this.advance(nowMs)
    return { open: this.plays.open(this.#latestMs), ended: this.plays.ended }
  }

  /** The rows that are finished since the last call. */
  take(): Finished[] {
    return this.#finished.splice(0)
  }

  #put({ report, untilMs, mounts }: Reported, atMs: number): number {
    const { id } = report
    const before = this.#held.get(id)
    const joins = this.#countJoins(report, mounts, before, atMs)
    const isLive = untilMs + this.#shiftMs >= atMs
    const held: Held = {
      untilMs: isLive ? untilMs + this.#shiftMs : Number.NEGATIVE_INFINITY,
      listeners: isLive ? report.listeners : 0,
      kbps: isLive ? (report.bandwidth ?? 0) : 0,
      mounts: isLive ? mounts : [],
      isMaster: report.role === 'master',
      counters: report,
    }
    this.#held.set(id, held)
    if (isLive) this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, held.untilMs)
    this.#replace(id, before, held, atMs)
    if (held.isMaster)
      for (const { mount, now } of mountChanges(before?.isMaster ? before.mounts : [], held.mounts))
        if (now) this.#noteTrack(mount, atMs)
    this.#noteLost(before, held, atMs)
    return joins
  }

  /** ms since 1970 by the wall clock, as of a moment of the running row */
  #wallAt(atMs: number): number {
    return atMs + this.#aheadMs
  }

  #minuteAt(atMs: number): number {
    return Math.floor(this.#wallAt(atMs) / minuteMs)
  }

  #endMs(): number {
    return (this.#minute + 1) * minuteMs - this.#aheadMs
  }

  #endRow(atMs: number): void {
    this.#expire(atMs)
    const span = (atMs - this.#rowMs) / 1000
    const mounts = this.#endSeries(this.#mounts, atMs, (mount) => this.plays.isOpen(mount))
    const servers = this.#endSeries(this.#servers, atMs, () => false)
    const row: HistoryRow = { bucket: this.#minute, span, total: this.#total.endRow(atMs), mounts, servers }
    const ended = this.plays.takeEnded()
    if (span > 0 && (this.#held.size > 0 || ended.length > 0 || !isNothing(row.total)))
      this.#finished.push({
        row,
        untilMs: Math.round(this.#wallAt(atMs)),
        ended,
        open: this.plays.open(atMs),
      })
    this.#rowMs = atMs
    this.#minute = this.#minuteAt(atMs)
  }

  #endSeries<K extends string>(
    all: Map<K, Series>,
    atMs: number,
    isNeeded: (name: K) => boolean,
  ): Map<string, Numbers> {
    const rows: [string, Numbers][] = []
    for (const [name, series] of all) {
      const numbers = series.endRow(atMs)
      if (!isNothing(numbers)) rows.push([name, numbers])
      if (series.isIdle && !isNeeded(name)) all.delete(name)
    }
    if (rows.length > historyLimits.seriesMax) rows.sort(([, a], [, b]) => b.seconds - a.seconds)
    return new Map(rows.slice(0, historyLimits.seriesMax))
  }

  /** Servers whose deadline was before a moment count until their deadline. */
  #expire(toMs: number): void {
    if (this.#nextDeadlineMs >= toMs) return
    this.#nextDeadlineMs = Number.POSITIVE_INFINITY
    for (const [id, held] of this.#held) {
      if (held.untilMs >= toMs) this.#nextDeadlineMs = Math.min(this.#nextDeadlineMs, held.untilMs)
      if (held.untilMs >= toMs || held.untilMs === Number.NEGATIVE_INFINITY) continue
      const gone: Held = {
        ...held,
        untilMs: Number.NEGATIVE_INFINITY,
        listeners: 0,
        kbps: 0,
        mounts: [],
      }
      this.#held.set(id, gone)
      this.#replace(id, held, gone, held.untilMs)
      this.#noteLost(held, gone, held.untilMs)
    }
  }

  #countJoins(report: Report, mounts: Report['mounts'], before: Held | undefined, nowMs: number): number {
    const joins = joinsSince(before?.counters, report)
    this.#total.joins += joins
    if (joins > 0) this.#serverSeries(report.id, nowMs).joins += joins
    for (const [mount, more] of mountJoinsSince(before?.counters, report, mounts))
      this.#mountSeries(mount, nowMs).joins += more
    return joins
  }

  /** Adds to every sum what is different. */
  #replace(id: string, before: Held | undefined, now: Held, atMs: number): void {
    const listeners = now.listeners - (before?.listeners ?? 0)
    const kbps = now.kbps - (before?.kbps ?? 0)
    if (listeners !== 0 || kbps !== 0) {
      this.#total.change(listeners, kbps, atMs)
      this.#serverSeries(id, atMs).change(listeners, kbps, atMs)
    }
    for (const { mount, before: last, now: reported } of mountChanges(before?.mounts ?? [], now.mounts)) {
      const more = (reported?.listeners ?? 0) - (last?.listeners ?? 0)
      const faster = kbpsOfAll(reported) - kbpsOfAll(last)
      if (more !== 0 || faster !== 0) this.#mountSeries(mount, atMs).change(more, faster, atMs)
    }
  }

  /** The mounts that a master no longer carries: another master may, else nothing is played there. */
  #noteLost(before: Held | undefined, now: Held, atMs: number): void {
    if (!before?.isMaster) return
    for (const { mount, now: reported } of mountChanges(before.mounts, now.mounts))
      if (!reported) this.#noteTrack(mount, atMs + 1)
  }

  #noteTrack(mount: Mount, atMs: number): void {
    const track = this.#deps.about(mount, atMs - this.#shiftMs)
    if (!track && !this.plays.isOpen(mount)) return
    this.plays.note(mount, track, this.#mountSeries(mount, atMs), atMs, this.#wallAt(atMs))
  }

  #mountSeries(mount: Mount, atMs: number): Series {
    return seriesIn(this.#mounts, mount, atMs)
  }

  #serverSeries(id: string, atMs: number): Series {
    return seriesIn(this.#servers, id, atMs)
  }
}

function seriesIn<K>(all: Map<K, Series>, name: K, atMs: number): Series {
  let series = all.get(name)
  if (!series) {
    series = new Series(atMs)
    all.set(name, series)
  }
  return series
}

/** kbit/s that all listeners of a mount at a server get. */
const kbpsOfAll = (mount: MountReport | undefined): number => (mount ? mount.listeners * mount.kbps : 0)

const isNothing = ({ seconds, peak, joins, refused, kbit }: Numbers) =>
  seconds === 0 && peak === 0 && joins === 0 && refused === 0 && kbit === 0

import type { Report } from '../../../shared/report/report.ts'
import type { Agenda } from './agenda.ts'
import type { SimDecider } from './decider.ts'
import type { SimServer } from './server.ts'
import type { Setting } from './setting.ts'

/** part of its room by which a server moves before it reports early, and the seconds between two reports (docs/protocol.md#when-a-report-is-sent) */
const earlyMove = 0.05
const earlyGapS = 1

/** The last report of a server that the edges received; it is the same for all of them. */
export interface Heard {
  report: Report
  atS: number
}

/**
 * Whether nobody was heard for so long that two servers can have become stale: their last reports were up to an interval older
 * than the last of all (docs/protocol.md#a-decider-that-hears-nobody).
 */
const isSilence = (seconds: number, intervalS: number) => seconds > 1.5 * intervalS + 2

/** Delivers the servers' reports to the edges: each at its interval, and early if the setting says so. */
export class Reporting {
  readonly heard: (Heard | undefined)[] = []
  /** when anybody was heard last, and when reports came again after a silence */
  lastHeardS = Number.NEGATIVE_INFINITY
  returnedS = Number.NEGATIVE_INFINITY
  /** no report arrives before this time */
  lostUntilS = Number.NEGATIVE_INFINITY
  #setting: Setting
  #agenda: Agenda
  #edges: readonly SimDecider[]
  /** by server: when its next report is due; events for other times are void */
  #dueS: number[] = []

  constructor(setting: Setting, agenda: Agenda, edges: readonly SimDecider[]) {
    this.#setting = setting
    this.#agenda = agenda
    this.#edges = edges
  }

  /** Schedules a server's next report, replacing the previous schedule. */
  schedule(server: SimServer, atS: number): void {
    this.#dueS[server.index] = atS
    this.#agenda.add(atS, () => {
      if (this.#dueS[server.index] === atS && server.state !== 'crashed') this.#send(server, atS)
    })
  }

  /** Lets a server whose count has changed, or that rejected a listener, report early. */
  considerEarly(server: SimServer, turnedAway: boolean, nowS: number): void {
    if (!this.#setting.earlyReports || !server.answers) return
    const moved = Math.abs(server.used - server.reported) > earlyMove * server.capacity
    if (moved || turnedAway) this.hasten(server, nowS)
  }

  /** Reports now, or a second after its last report. */
  hasten(server: SimServer, nowS: number): void {
    const atS = Math.max(nowS, server.lastReportS + earlyGapS)
    if (atS < (this.#dueS[server.index] ?? Number.POSITIVE_INFINITY)) this.schedule(server, atS)
  }

  /** Whether a stale server may get listeners now, since the deciders hear nobody, or did not until a moment ago. */
  isExcused(nowS: number): boolean {
    const { intervalS } = this.#setting
    return isSilence(nowS - this.lastHeardS, intervalS) || nowS <= this.returnedS + 2.5 * intervalS + 2
  }

  #send(server: SimServer, nowS: number): void {
    const report = server.report(nowS)
    if (nowS >= this.lostUntilS) {
      if (this.#setting.delayS === 0) this.#deliver(server, report, nowS)
      else
        this.#agenda.add(nowS + this.#setting.delayS, () =>
          this.#deliver(server, report, nowS + this.#setting.delayS),
        )
    }
    this.schedule(server, nowS + server.intervalS)
  }

  #deliver(server: SimServer, report: Report, nowS: number): void {
    for (const edge of this.#edges) edge.take(server.index, report, nowS)
    this.heard[server.index] = { report, atS: nowS }
    if (isSilence(nowS - this.lastHeardS, report.interval)) this.returnedS = nowS
    this.lastHeardS = nowS
    if (this.#setting.earlyReports) server.intervalS = this.#edges[0]?.wish?.(report, nowS) ?? report.interval
  }
}

import type { Probed } from '../draw/probe.ts'
import type { Server } from '../draw/server.ts'
import type { Report } from '../report/report.ts'
import type { ReportSender } from './admission/report-context.ts'
import type { ServerRow, ServerTable } from './server-table.ts'

/** What a decider knows of servers apart from their reports: drains, which are stored, probes, and the programs that report. */
export class ServerNotes {
  #table: ServerTable | undefined
  #drains: Set<string>
  #probed = new Map<string, Probed>()
  #senders = new Map<string, ReportSender>()

  constructor(table: ServerTable | undefined) {
    this.#table = table
    this.#drains = new Set(table?.drains())
  }

  isDrained(id: string): boolean {
    return this.#drains.has(id)
  }

  setDrain(id: string, drained: boolean): void {
    this.#table?.setDrain(id, drained)
    if (drained) this.#drains.add(id)
    else this.#drains.delete(id)
  }

  /** The result of probing a server; undefined if it is not probed, or has not been yet. */
  probedOf(id: string): Probed | undefined {
    return this.#probed.get(id)
  }

  setProbed(id: string, probed: Probed | undefined): void {
    if (probed) this.#probed.set(id, probed)
    else this.#probed.delete(id)
  }

  /** The program behind the last report of a server; undefined if none came since the start. */
  senderOf(id: string): ReportSender | undefined {
    return this.#senders.get(id)
  }

  setSender(id: string, sender: ReportSender): void {
    this.#senders.set(id, sender)
  }

  /** A server as a decider holds it from its newest report on, with no redirects since. */
  serverOf(row: Omit<ServerRow, 'sourcelist' | 'formerBoots'>, report: Report, factor: number): Server {
    const unreached = unreachedIn(this.#probed.get(row.id))
    return {
      // first, so that the engine stores them in the object itself: a draw needs only these
      factor,
      debit: 0,
      debitKbps: 0,
      heldUntilMs: Number.NEGATIVE_INFINITY,
      report,
      receivedAtMs: row.receivedAtMs,
      drained: this.#drains.has(row.id),
      carriesAll: row.carriesAll,
      polled: row.polled,
      reachable: unreached === undefined,
      unreached,
      formerMounts: row.formerMounts,
      location: report.location ?? row.location,
    }
  }

  /** The server is forgotten; its drain stays. */
  forget(id: string): void {
    this.#probed.delete(id)
    this.#senders.delete(id)
  }
}

/** A probe that failed; undefined if it succeeded or there was none. */
export const unreachedIn = (probed: Probed | undefined): Probed | undefined =>
  probed?.problem === undefined ? undefined : probed

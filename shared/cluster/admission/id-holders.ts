import { isLive, type Server } from '../../draw/server.ts'
import type { Report } from '../../report/report.ts'
import type { ClusterEvent } from '../watch/event.ts'
import { logEvent } from '../watch/log-event.ts'
import { type FormerBoot, type Order, orderAfter, outOfOrder } from './report-order.ts'
import { strangeUrl, Twins, takeoverOf } from './takeover.ts'

/** Which program holds each id, and the order of its reports (docs/protocol.md#answers-to-a-report). */
export class IdHolders {
  #orders = new Map<string, Order>()
  #twins = new Twins()
  /** the id of this program itself: no report from outside gets it */
  #ownId: string | undefined

  /** This program takes an id for itself. */
  own(id: string): void {
    this.#ownId = id
  }

  /**
   * Why a report conflicts with the holder of its id; undefined if it does not.
   * @param server the one that is known by that id
   * @param isPolled the report was made from the server's stats
   */
  conflict(report: Report, server: Server | undefined, isPolled: boolean, nowMs: number): string | undefined {
    const { id } = report
    if (id === this.#ownId) return `id ${id} belongs to this master itself, expected another id`
    const last = this.#orders.get(id)
    if (!server || !last) return undefined
    const isHeld = isLive(server, nowMs)
    const isRenamed = isPolled && server.polled // its operator may change its url at any time
    const strange = isHeld && !isRenamed ? strangeUrl(report, server, last) : undefined
    if (strange !== undefined)
      return `id ${id} is held by a live server at ${server.report.urls.join(', ')}, and ${strange} is not one of its urls; expected only its urls until it is stale or leaves, or another id`
    return outOfOrder(last, report, isHeld)
  }

  /**
   * A report was rejected by a conflict. Finds that two programs report with one id: a boot that another replaced goes on
   * while its successor, `server`, is live.
   */
  rejected(
    { id, boot }: Report,
    server: Server | undefined,
    nowMs: number,
    address = 'the address of this decider',
  ): readonly ClusterEvent[] {
    const isFormer = this.#orders.get(id)?.formerBoots.some((former) => former.boot === boot)
    return server && isFormer && isLive(server, nowMs) ? this.#twins.note(id, address, nowMs) : []
  }

  /**
   * A report is accepted: its program holds the id. Returns its order, and the event, already logged, if another program had
   * the id. @param isHeld a live server had the id until now
   */
  accepted(
    report: Report,
    isHeld: boolean,
    nowMs: number,
    address: string | undefined,
  ): { order: Order; takeover: ClusterEvent | undefined } {
    const { id, boot, urls } = report
    const last = this.#orders.get(id)
    const order = orderAfter(last, report, isHeld)
    this.#orders.set(id, order)
    const takeover = last && takeoverOf(report, last, isHeld, nowMs, address)
    if (takeover) logEvent(takeover, { boot, before: last.boot, urls, address })
    return { order, takeover }
  }

  /** A server was stored before a restart. */
  restored({ id, boot, seq }: Report, formerBoots: readonly FormerBoot[]): void {
    this.#orders.set(id, { boot, seq, formerBoots, owns: false })
  }

  /** The address of another program that reports with the same id now, and is rejected; undefined if there is none. */
  twinOf(id: string, nowMs: number): string | undefined {
    return this.#twins.addressOf(id, nowMs)
  }

  forget(id: string): void {
    this.#orders.delete(id)
    this.#twins.forget(id)
  }
}

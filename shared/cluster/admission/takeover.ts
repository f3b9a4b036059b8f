import type { Server } from '../../draw/server.ts'
import type { Report } from '../../report/report.ts'
import type { ClusterEvent } from '../watch/event.ts'
import { isSameBoot, type Order } from './report-order.ts'

// Programs that report with one id: a restart, a copied virtual machine, or somebody else.

/** ms after its last report for which a second program with an id counts as present: twice the longest interval of our own servers */
const twinStandsMs = 60_000
/** ms between its first report and one that proves it: the last report of a process that ends may arrive late, once */
const twinProvenMs = 1000

/** By server: another program with its id, whose boot was replaced, and that goes on reporting. */
export class Twins {
  #known = new Map<string, { address: string; atMs: number; sinceMs: number; isTwin: boolean }>()

  /**
   * Notes a rejected report of a replaced boot, whose successor is live. A single one may just be late; a later one proves
   * that there are two programs.
   * @returns the event, at the report that proves it
   */
  note(id: string, address: string, nowMs: number): ClusterEvent[] {
    const known = this.#known.get(id)
    const goesOn = known !== undefined && nowMs - known.atMs < twinStandsMs
    const isTwin = goesOn && nowMs - known.sinceMs >= twinProvenMs
    this.#known.set(id, { address, atMs: nowMs, sinceMs: goesOn ? known.sinceMs : nowMs, isTwin })
    if (!isTwin || known.isTwin) return []
    const detail = `a program at ${address} reports with it too`
    return [{ at: Math.round(nowMs), kind: 'server id in use twice', server: id, detail }]
  }

  /** The address of another program that reports with the same id now, and is rejected; undefined if there is none. */
  addressOf(id: string, nowMs: number): string | undefined {
    const twin = this.#known.get(id)
    return twin?.isTwin && nowMs - twin.atMs < twinStandsMs ? twin.address : undefined
  }

  forget(id: string): void {
    this.#known.delete(id)
  }
}

/**
 * The event of a report by which another program took over an id: a restart, or somebody else, which only the operator can
 * tell. Undefined if the program is the same, or the id was free.
 */
export function takeoverOf(
  { id, boot }: Report,
  last: Order,
  isHeld: boolean,
  nowMs: number,
  address: string | undefined,
): ClusterEvent | undefined {
  if (boot === undefined || last.boot === undefined || isSameBoot(last, boot)) return undefined
  const isBack = last.formerBoots.some((former) => former.boot === boot)
  if (!isBack && !isHeld) return undefined
  return {
    at: Math.round(nowMs),
    kind: isBack ? 'server id taken back' : 'server id taken over',
    server: id,
    ...(address !== undefined && { detail: `by a program at ${address}` }),
  }
}

/**
 * The url of a report that is not one of the live server with the same id: anyone with a shared password could otherwise
 * redirect the listeners of any of these servers. A program that started while its id was free may change its own urls.
 */
export function strangeUrl(report: Report, server: Server, last: Order): string | undefined {
  const { urls } = server.report
  const strange = report.urls.find((url) => !urls.includes(url))
  const isItself = last.owns && isSameBoot(last, report.boot)
  const sharesOne = report.urls.some((url) => urls.includes(url))
  return (isItself || server.polled) && sharesOne ? undefined : strange
}

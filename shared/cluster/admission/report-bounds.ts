import { Buckets } from '../../bucket.ts'
import type { Server } from '../../draw/server.ts'
import { limits } from '../../limits.ts'
import type { Report } from '../../report/report.ts'
import { type Account, Quota, restoredAccount } from './quota.ts'
import type { Rejection } from './report-context.ts'

/** Forgets stale servers of an account, but not this one, until there is enough room; returns whether there is. */
export type MakeRoom = (account: Account, id: string, nowMs: number, isEnough: () => boolean) => boolean

/** How often and how much a server may report: bounds by address, by id, and by account (docs/protocol.md#bounds). */
export class ReportBounds {
  #quota: Quota
  #reading = new Buckets(limits.reportBytes, limits.reportersCountedMax)
  #paces = new Buckets(limits.reportsPerId, limits.serversPerAccountMax)

  /** @param mountsMax mounts of one account */
  constructor(mountsMax: number) {
    this.#quota = new Quota(mountsMax)
  }

  /**
   * Counts the bytes of a report, and returns whether it may be parsed, given how many bytes came from its address with its
   * credentials. Reports from this machine are not bounded: their senders share its processor anyway.
   */
  mayRead(account: Account, remote: string | undefined, bytes: number, nowMs: number): boolean {
    return remote === undefined || this.#reading.take(`${account} ${remote}`, bytes, nowMs)
  }

  /** Why a report exceeds what this decider remembers for its credentials, or how often it may come. */
  excess({ id, mounts }: Report, account: Account, nowMs: number, makeRoom: MakeRoom): Rejection | undefined {
    if (this.#paces.levelOf(id, nowMs) < 1)
      return {
        status: 429,
        text: `id ${id} reports more than ${limits.reportsPerId.perSecond} times a second, expected once at most`,
      }
    if (!makeRoom(account, id, nowMs, () => !this.#quota.isFull(account, id)))
      return {
        status: 429,
        text: `${limits.serversPerAccountMax} servers already report with these credentials, which is the maximum`,
      }
    const room = () => this.#quota.roomFor(account, id)
    if (!makeRoom(account, id, nowMs, () => mounts.length <= room()))
      return {
        status: 413,
        text: `${mounts.length} mounts, expected at most ${Math.max(0, room())}: the servers with these credentials may have ${this.#quota.mountsMax} together`,
      }
    return undefined
  }

  /** The former mounts of a server, as many as the account's bound allows in addition to its present ones. */
  asFarAsThereIsRoom(
    former: Server['formerMounts'],
    { id, mounts }: Report,
    account: Account,
  ): Server['formerMounts'] {
    const room = this.#quota.roomFor(account, id) - mounts.length
    return former.length <= room ? former : former.slice(former.length - Math.max(0, room))
  }

  /** A report was accepted. @param mounts of the server, present and former */
  accepted(account: Account, id: string, mounts: number, nowMs: number): void {
    this.#quota.note(account, id, mounts)
    this.#paces.take(id, 1, nowMs)
  }

  /** A server was stored before a restart. @param mounts of the server, present and former */
  restored(id: string, mounts: number): void {
    this.#quota.note(restoredAccount, id, mounts)
  }

  /** The servers of an account. */
  idsOf(account: Account): Iterable<string> {
    return this.#quota.idsOf(account)
  }

  forget(id: string): void {
    this.#quota.forget(id)
    this.#paces.forget(id)
  }
}

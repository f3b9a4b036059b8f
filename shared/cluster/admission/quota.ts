import { limits } from '../../limits.ts'
import type { ReporterIdentity } from '../../report/reporter.ts'

/** The owner of a server: the servers that report with one credential are bounded together. */
export type Account = string

/** The account of a credential: the relays' common one, the masters', or one server's own. */
export const accountOf = (reporter: ReporterIdentity): Account =>
  reporter.kind === 'server' ? `server ${reporter.id}` : reporter.kind

/** The account of servers loaded after a restart: it is not stored, so the most common one is assumed. */
export const restoredAccount: Account = 'relay'

/** The number of servers and mounts that a decider remembers for each credential. */
export class Quota {
  #mountsMax: number
  #accounts = new Map<Account, { ids: Set<string>; mounts: number }>()
  #servers = new Map<string, { account: Account; mounts: number }>()

  /** @param mountsMax mounts of one account, summed over its servers, including those recently gone from their reports */
  constructor(mountsMax: number) {
    this.#mountsMax = mountsMax
  }

  /** Whether an account has the maximum of servers and this is an additional one. */
  isFull(account: Account, id: string): boolean {
    const held = this.#accounts.get(account)?.ids
    return held !== undefined && !held.has(id) && held.size >= limits.serversPerAccountMax
  }

  /** The servers of an account. */
  idsOf(account: Account): Iterable<string> {
    return this.#accounts.get(account)?.ids ?? []
  }

  /** How many mounts this server may have, given those of the account's other servers. */
  roomFor(account: Account, id: string): number {
    const server = this.#servers.get(id)
    const own = server?.account === account ? server.mounts : 0
    return this.#mountsMax - (this.#accounts.get(account)?.mounts ?? 0) + own
  }

  get mountsMax(): number {
    return this.#mountsMax
  }

  note(account: Account, id: string, mounts: number): void {
    this.forget(id)
    const held = this.#accounts.get(account) ?? { ids: new Set(), mounts: 0 }
    held.ids.add(id)
    held.mounts += mounts
    this.#accounts.set(account, held)
    this.#servers.set(id, { account, mounts })
  }

  forget(id: string): void {
    const server = this.#servers.get(id)
    const held = server && this.#accounts.get(server.account)
    if (!server || !held) return
    held.mounts -= server.mounts
    held.ids.delete(id)
    if (held.ids.size === 0) this.#accounts.delete(server.account)
    this.#servers.delete(id)
  }
}

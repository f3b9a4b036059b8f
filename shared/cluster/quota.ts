import { limits } from '../limits.ts'
import type { Reporter } from '../report/reporter.ts'

/** Whose a server is: those that one credential reports are bounded together. */
export type Account = string

/** What stands for a credential: the relays' common one, the masters', or one server's own. */
export const accountOf = (reporter: Reporter): Account =>
  reporter.kind === 'server' ? `server ${reporter.id}` : reporter.kind

/** Whose a server is whose report was read back after a restart: nobody remembers, so the account that most have. */
export const restoredAccount: Account = 'relay'

/** How many servers and mounts each credential has a decider remember. */
export class Quota {
  #mountsMax: number
  #accounts = new Map<Account, { ids: Set<string>; mounts: number }>()
  #servers = new Map<string, { account: Account; mounts: number }>()

  /** @param mountsMax mounts of one account, summed over its servers, those that left their reports of late too */
  constructor(mountsMax: number) {
    this.#mountsMax = mountsMax
  }

  /** Whether an account has as many servers as it may, and this is a further one. */
  isFull(account: Account, id: string): boolean {
    const held = this.#accounts.get(account)?.ids
    return held !== undefined && !held.has(id) && held.size >= limits.serversPerAccountMax
  }

  /** The servers of an account. */
  idsOf(account: Account): Iterable<string> {
    return this.#accounts.get(account)?.ids ?? []
  }

  /** How many mounts this server of this account may have, beside those of the account's others. */
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

import type { Registry } from '../../shared/cluster/registry.ts'
import type { Server } from '../../shared/draw/server.ts'
import { isSameCarriage, type PackedServer, pack } from './packed-server.ts'

/** Redirects that an isolate made to a server and has not told of yet. */
export interface Delta {
  id: string
  redirects: number
}

/** How far an isolate's snapshot goes. Another epoch is another life of the object: nothing of it compares. */
export interface Version {
  epoch: string
  change: number
}

/** What brings an isolate's snapshot up to date. Plain data: it crosses from a Durable Object. */
export interface Exchanged {
  version: Version
  /** all servers are in it; one that is not is gone */
  whole: boolean
  /** those that changed since the isolate's version; with what they carry where that changed too */
  servers: readonly PackedServer[]
  /** those that went since then */
  removed: readonly string[]
  /** every debit above 0, of servers that changed and of those that did not */
  debits: readonly (readonly [id: string, debit: number])[]
}

/**
 * The object's side of the talk with its isolates: adds up their debits, and finds what each lacks.
 * Versions and debits are in memory alone; after an eviction every isolate fetches everything once.
 */
export class Exchange {
  #registry: Registry
  #epoch: string
  #removedMax: number
  #change = 0
  /** each server as it was last numbered, and when what it carries last changed */
  #numbered = new Map<string, { server: Server; change: number; carriageChange: number }>()
  #removed = new Map<string, number>()
  /** versions below it cannot be brought up to date in part: what was removed since has been forgotten */
  #changeMin = 0

  /** @param epoch no other life of the object has the same */
  constructor(registry: Registry, epoch: string, removedMax: number) {
    this.#registry = registry
    this.#epoch = epoch
    this.#removedMax = removedMax
  }

  /** Takes in what an isolate counted, and gives what is newer than it has. */
  exchange(deltas: readonly Delta[], have: Version | undefined): Exchanged {
    const { servers } = this.#registry.view
    for (const { id, redirects } of deltas) {
      const server = servers.get(id)
      if (server) server.debit += redirects
      this.#registry.countRedirects(redirects)
    }
    this.#number()
    const since = have?.epoch === this.#epoch && have.change >= this.#changeMin ? have.change : -1
    const changed = [...this.#numbered.values()].filter(({ change }) => change > since)
    return {
      version: { epoch: this.#epoch, change: this.#change },
      whole: since < 0,
      servers: changed.map(({ server, carriageChange }) => pack(server, carriageChange > since)),
      removed: [...this.#removed].filter(([, change]) => change > since).map(([id]) => id),
      debits: [...servers.values()]
        .filter(({ debit }) => debit > 0)
        .map(({ report, debit }) => [report.id, debit] as const),
    }
  }

  /** Gives a number to whatever changed since the last time; the registry makes a new server of every change. */
  #number(): void {
    const { servers } = this.#registry.view
    for (const [id, server] of servers) {
      const last = this.#numbered.get(id)
      if (last?.server === server) continue
      const change = ++this.#change
      const isSame = last !== undefined && isSameCarriage(last.server.report, server.report)
      this.#numbered.set(id, { server, change, carriageChange: isSame ? last.carriageChange : change })
      this.#removed.delete(id)
    }
    for (const id of this.#numbered.keys()) if (!servers.has(id)) this.#remove(id)
  }

  #remove(id: string): void {
    this.#numbered.delete(id)
    this.#removed.set(id, ++this.#change)
    if (this.#removed.size <= this.#removedMax) return
    this.#removed.clear()
    this.#changeMin = this.#change
  }
}

import type { Registry } from '../../shared/cluster/registry.ts'
import type { Server } from '../../shared/draw/server.ts'
import type { Counted } from '../../shared/history/counts.ts'
import { isSameCarriage, type PackedServer, pack } from './packed-server.ts'

/** Redirects to a server that an isolate has made, and not yet sent to the object. */
export interface Delta {
  id: string
  redirects: number
  /** kbit/s that they take of the server's line, if that is known */
  kbps: number
}

/** What an isolate has not sent to the object yet. */
export interface Sent {
  deltas: Delta[]
  counted: Counted[]
}

/** The version of an isolate's snapshot. Versions of different epochs (instances of the object) cannot be compared. */
export interface Version {
  epoch: string
  change: number
}

/** The changes that bring an isolate's snapshot up to date. Plain data: it is sent by a Durable Object. */
export interface Exchanged {
  version: Version
  /** it has all servers; one that is missing has been removed */
  whole: boolean
  /** servers that changed since the isolate's version; with their carriage if that changed too */
  servers: readonly PackedServer[]
  /** servers removed since then */
  removed: readonly string[]
  /** every debit above 0, of changed and unchanged servers */
  debits: readonly (readonly [id: string, debit: number, debitKbps: number])[]
}

/** A server as of its last version. */
interface Numbered {
  server: Server
  heldUntilMs: number
  change: number
  carriageChange: number
}

/**
 * The object's side of the exchange with its isolates: it adds up their debits, and finds the changes that each lacks.
 * Versions and debits are only in memory; after an eviction every isolate fetches everything once.
 */
export class IsolateExchange {
  #registry: Registry
  #epoch: string
  #removedMax: number
  #change = 0
  #numbered = new Map<string, Numbered>()
  #removed = new Map<string, number>()
  /** older versions cannot be brought up to date by changes alone: removals since then have been forgotten */
  #changeMin = 0

  /** @param epoch unique to this instance of the object */
  constructor(registry: Registry, epoch: string, removedMax: number) {
    this.#registry = registry
    this.#epoch = epoch
    this.#removedMax = removedMax
  }

  /** Adds an isolate's debits and counts, and returns the changes that it lacks. */
  exchange({ deltas, counted }: Sent, have: Version | undefined, nowMs: number): Exchanged {
    for (const each of counted) this.#registry.count(each, nowMs)
    const { servers } = this.#registry.view
    for (const { id, redirects, kbps } of deltas) {
      const server = servers.get(id)
      if (!server) continue
      server.debit += redirects
      server.debitKbps += kbps
    }
    this.#number(nowMs)
    const since = have?.epoch === this.#epoch && have.change >= this.#changeMin ? have.change : -1
    const changed = [...this.#numbered.values()].filter(({ change }) => change > since)
    return {
      version: { epoch: this.#epoch, change: this.#change },
      whole: since < 0,
      servers: changed.map(({ server, carriageChange }) => pack(server, carriageChange > since)),
      removed: [...this.#removed].filter(([, change]) => change > since).map(([id]) => id),
      debits: [...servers.values()]
        .filter(({ debit }) => debit > 0)
        .map(({ report, debit, debitKbps }) => [report.id, debit, debitKbps] as const),
    }
  }

  /** Gives a new version to every server that changed; the registry makes a new object for every change, except for servers that it keeps in. */
  #number(nowMs: number): void {
    const { servers } = this.#registry.current(nowMs)
    for (const [id, server] of servers) {
      const last = this.#numbered.get(id)
      const { heldUntilMs } = server
      if (last?.server === server && last.heldUntilMs === heldUntilMs) continue
      const change = ++this.#change
      const isSame = last !== undefined && isSameCarriage(last.server.report, server.report)
      this.#numbered.set(id, {
        server,
        heldUntilMs,
        change,
        carriageChange: isSame ? last.carriageChange : change,
      })
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

import type { Post, ReportAnswer } from '../../shared/api/accept.ts'
import type { Registry } from '../../shared/cluster/registry.ts'
import type { Counted } from '../../shared/history/counts.ts'
import { type News, PublishedServers, type Version } from '../../shared/news/published-servers.ts'
import { edgeLimits } from '../limits.ts'

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

/** A report on its way to the object. */
export interface SentReport {
  post: Post
  /** of the snapshot of the isolate that received it; undefined if that has none, or no listeners */
  epoch: string | undefined
}

/** The answer to a report, and the server that reported as the cluster knows it then. */
export interface AcceptedReport {
  answer: ReportAnswer
  /** undefined: the report was rejected, or the isolate's snapshot is none of this object's life */
  own: News | undefined
  /** how many objects should gather reports from now on; 0: they go to the cluster's object itself */
  gatherers: number
}

/**
 * The object's side of the exchange with its isolates: it adds up their debits and counts, and gives each the news that it
 * lacks. Debits and versions are only in memory; after an eviction every isolate fetches everything once.
 */
export class IsolateExchange {
  readonly published: PublishedServers
  #registry: Registry
  #newsBytesMax: number

  /** @param life unique to this instance of the object */
  constructor(
    registry: Registry,
    life: string,
    removedMax: number,
    newsBytesMax: number = edgeLimits.newsBytesMax,
  ) {
    this.#registry = registry
    this.#newsBytesMax = newsBytesMax
    this.published = new PublishedServers(registry.view, life, removedMax)
  }

  /** Adds an isolate's debits and counts, and returns the first page of the news that it lacks. */
  exchange({ deltas, counted }: Sent, have: Version | undefined, nowMs: number): News {
    for (const each of counted) this.#registry.count(each, nowMs)
    const { servers } = this.#registry.current(nowMs)
    for (const { id, redirects, kbps } of deltas) {
      const server = servers.get(id)
      if (!server) continue
      server.debit += redirects
      server.debitKbps += kbps
      this.published.debited(id)
    }
    return this.published.after(have, this.#newsBytesMax)
  }
}

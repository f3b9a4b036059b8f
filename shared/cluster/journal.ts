import { type Bucket, taken } from '../bucket.ts'
import { limits } from '../limits.ts'
import { EventRing } from './event-ring.ts'
import type { ServerRow, ServerTable } from './server-table.ts'
import type { StoreError } from './store-error.ts'
import { StoreWrites } from './store-writes.ts'
import type { ClusterEvent } from './watch/event.ts'
import { logEvent } from './watch/log-event.ts'

/**
 * The events of a cluster, and the writes to its store. If a write fails, the decider goes on with what it has in memory, and
 * the caller gets the failure, so that the sender of a report is told that it is not stored.
 */
export class Journal {
  #table: ServerTable | undefined
  #events: EventRing
  #writes = new StoreWrites()
  #wrongLogins: Bucket | undefined

  /** @param table undefined: kept only in memory */
  constructor(table: ServerTable | undefined) {
    this.#table = table
    this.#events = new EventRing(table)
  }

  /** The oldest first. */
  get events(): readonly ClusterEvent[] {
    return this.#events.all
  }

  /** Keeps and logs events that no report has caused. */
  record(events: readonly ClusterEvent[], nowMs: number): void {
    if (events.length === 0) return
    for (const event of events) logEvent(event)
    const storeEvents = this.#events.add(events)
    this.write(nowMs, () => this.#table?.together(storeEvents))
  }

  /** Stores a report and the events that it caused, all or nothing; without events it is one statement. */
  reported(row: ServerRow, events: readonly ClusterEvent[], nowMs: number): StoreError | undefined {
    if (events.length === 0) return this.write(nowMs, () => this.#table?.put(row))
    const storeEvents = this.#events.add(events)
    return this.write(nowMs, () =>
      this.#table?.together(() => {
        this.#table?.put(row)
        storeEvents()
      }),
    )
  }

  /** Whether one more wrong login may stand among the events: anyone can cause many, which would push out all others. */
  mayTellOfLogin(nowMs: number): boolean {
    const bucket = taken(this.#wrongLogins, 1, limits.wrongLoginEvents, nowMs)
    if (bucket) this.#wrongLogins = bucket
    return bucket !== undefined
  }

  /** Removes a server from the store; if it stays there, it is forgotten again after a restart. */
  forget(id: string, nowMs: number): void {
    this.write(nowMs, () => this.#table?.remove(id))
  }

  /** Runs a write to the store, and returns the failure if there is one. */
  write(nowMs: number, write: () => void): StoreError | undefined {
    return this.#writes.try(nowMs, write)
  }

  /** Throws if writes to the store fail. */
  check(nowMs: number): void {
    this.#writes.check(nowMs, () => this.#table?.check())
  }
}

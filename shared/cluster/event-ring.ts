import { limits } from '../limits.ts'
import type { ServerTable } from './server-table.ts'
import type { ClusterEvent } from './watch/event.ts'

/** The last {@link limits.eventsMax} events of a cluster. They are stored, so a restarted decider still has them. */
export class EventRing {
  #table: ServerTable | undefined
  #events: ClusterEvent[]
  /** the number of the next event, counted over restarts */
  #next: number

  constructor(table: ServerTable | undefined) {
    this.#table = table
    const stored = table?.events() ?? []
    this.#events = stored.map(({ event }) => event)
    this.#next = (stored.at(-1)?.n ?? -1) + 1
  }

  /** The oldest first. */
  get all(): readonly ClusterEvent[] {
    return this.#events
  }

  /** Adds events in their order; returns the function that stores them, a row each. */
  add(events: readonly ClusterEvent[]): () => void {
    const first = this.#next
    this.#next += events.length
    this.#events.push(...events)
    if (this.#events.length > limits.eventsMax) this.#events.splice(0, this.#events.length - limits.eventsMax)
    return () => {
      for (const [i, event] of events.slice(-limits.eventsMax).entries())
        this.#table?.putEvent(first + Math.max(0, events.length - limits.eventsMax) + i, event)
    }
  }
}

import { limits } from '../../limits.ts'
import type { ClusterEvent, EventKind } from './event.ts'

/** names that an event about many names */
const namesMax = 3

/** The events of one moment, those of a kind that has very many as one: a master with a thousand mounts is one event, not a thousand. */
export function gathered(events: ClusterEvent[]): ClusterEvent[] {
  if (events.length <= limits.eventsAtOnceMax) return events
  const byKind = new Map<EventKind, ClusterEvent[]>()
  for (const event of events) byKind.set(event.kind, [...(byKind.get(event.kind) ?? []), event])
  return [...byKind.values()].flatMap((same) => (same.length > limits.eventsAtOnceMax ? [oneOf(same)] : same))
}

function oneOf(events: readonly ClusterEvent[]): ClusterEvent {
  const [first] = events
  if (!first) throw new RangeError('there is no event')
  const isOfMounts = first.mount !== undefined
  const names = events.slice(0, namesMax).map(({ mount, server }) => mount ?? server)
  const server =
    isOfMounts && events.every((event) => event.server === first.server) ? first.server : undefined
  return {
    at: first.at,
    kind: first.kind,
    ...(server !== undefined && { server }),
    detail: `${events.length} ${isOfMounts ? 'mounts' : 'servers'}: ${names.join(', ')}, …`,
  }
}

import type { Registry } from '../cluster/registry.ts'
import { valueIn } from '../value-in.ts'
import type { Seen, SeenData, SeenServer } from './cluster-json.ts'

/** What a registry has seen beyond reports. */
export function seenOf(registry: Registry, nowMs: number): Seen {
  const { counts } = registry.history
  const { answers } = counts
  const kinds = Object.keys(answers) as (keyof typeof answers)[]
  return {
    perMinute: {
      answers: Object.fromEntries(kinds.map((kind) => [kind, counts.lastMinute(kind, nowMs)])),
      sendBacks: counts.lastMinute('sent back', nowMs),
      refusals: counts.lastMinute('no_room', nowMs),
      joins: counts.lastMinute('joins', nowMs),
    },
    serverOf: (id) => seenServer(registry, id, nowMs),
    countries: counts.countries.all(nowMs),
    totals: () => counts.totals,
  }
}

function seenServer(registry: Registry, id: string, nowMs: number): SeenServer {
  const sender = registry.senderOf(id)
  const countsJoins = registry.view.servers.get(id)?.report.joins !== undefined
  return {
    joinsPerMinute: countsJoins ? registry.history.counts.lastMinute(`joins ${id}`, nowMs) : null,
    version: sender?.program ?? null,
    clockOffsetSeconds: sender?.clockOffsetSeconds ?? null,
  }
}

/** The same as plain data. */
export function seenData(registry: Registry, nowMs: number): SeenData {
  const { perMinute, countries, totals } = seenOf(registry, nowMs)
  const servers = [...registry.view.servers.keys()].map((id) => [id, seenServer(registry, id, nowMs)])
  return { perMinute, servers: Object.fromEntries(servers), countries, totals: totals() }
}

/** The same by data that a Durable Object has sent. */
export const seenIn = ({ servers, totals, ...rest }: SeenData): Seen => ({
  ...rest,
  serverOf: (id) => valueIn(servers, id),
  totals: () => totals,
})

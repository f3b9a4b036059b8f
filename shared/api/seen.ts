import type { Registry } from '../cluster/registry.ts'
import type { Seen } from './cluster-json.ts'

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
    servers: Object.fromEntries(
      [...registry.view.servers.values()].map(({ report: { id, joins } }) => {
        const sender = registry.senderOf(id)
        return [
          id,
          {
            joinsPerMinute: joins === undefined ? null : counts.lastMinute(`joins ${id}`, nowMs),
            version: sender?.program ?? null,
            clockOffsetSeconds: sender?.clockOffsetSeconds ?? null,
          },
        ]
      }),
    ),
    countries: counts.countries.all(nowMs),
    totals: counts.totals,
  }
}

import { serialize } from 'node:v8'
import { expect, test } from 'vitest'
import { IsolateExchange } from '../../../edge/workers/exchange.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { repetitions } from '../../kit/repetitions.ts'
import { mountReport, reportOf } from '../../kit/reports.ts'

const servers = repetitions(100)
const mounts = 1000

/** Each server reports its thousand mounts, all with this many listeners. */
function reportAll(registry: Registry, listeners: number, nowMs: number) {
  for (let i = 0; i < servers; i++) {
    const report = reportOf(`server-${i}`, {
      maxListeners: 100_000,
      mounts: Array.from({ length: mounts }, (_, m) =>
        mountReport(`/station-${m}/high.mp3`, { listeners, joins: listeners * 3 }),
      ),
    })
    registry.put(report, printSourcelist(report), nowMs)
  }
}

const nothing = { deltas: [], counted: [] }

test(`Workers at scale: 1,000 mounts on ${servers} servers cost an isolate only loads, once it knows the carriages`, () => {
  const registry = new Registry(undefined, 100, 0)
  const exchange = new IsolateExchange(registry, 'life', 10)
  reportAll(registry, 1, 0)
  const whole = exchange.exchange(nothing, undefined, 0)
  expect(whole.servers.filter(({ carriage }) => carriage?.length === mounts)).toHaveLength(servers)
  expect(exchange.exchange(nothing, whole.version, 0).servers).toEqual([])

  reportAll(registry, 2, 10_000)
  const newer = exchange.exchange(nothing, whole.version, 0)
  expect(newer.servers).toHaveLength(servers)
  expect(newer.servers.filter(({ carriage }) => carriage !== undefined)).toEqual([])
  const bytes = serialize(newer).length
  console.log(`whole ${serialize(whole).length} bytes, loads alone ${bytes}`)
  // three numbers of eight bytes per mount, and the report without its mounts
  expect(bytes).toBeLessThan(servers * (mounts * 3 * 8 + 1000))

  const one = reportOf('server-7', { mounts: [mountReport('/station-1/high.mp3')] })
  registry.put(one, printSourcelist(one), 11_000)
  const changed = exchange.exchange(nothing, newer.version, 0).servers
  expect(changed.map(({ server, carriage }) => [server.report.id, carriage?.length])).toEqual([
    ['server-7', 1],
  ])
})

import { expect, test } from 'vitest'
import { Registry } from '../../../../shared/cluster/registry.ts'
import { reportOf, seededRoll } from '../../../kit/parts/reports.ts'

test('S9: among 200 deciders every server’s factor is near 200 at each, though each sends it one listener or none', () => {
  const deciders = 200
  const servers = 10
  const roll = seededRoll(7)
  const registries = Array.from({ length: deciders }, () => new Registry(undefined, 100, 0))
  const joins = Array.from({ length: servers }, () => 0)
  for (let round = 0; round < 10; round++) {
    for (const [i, joined] of joins.entries()) {
      const report = reportOf(`s${i}`, { boot: 'b', seq: round, joins: joined, maxListeners: 10_000 })
      for (const registry of registries) registry.put(report, '', round * 10_000)
    }
    for (let n = 0; n < 100 * servers; n++) {
      const i = Math.floor(roll() * servers)
      const server = registries[Math.floor(roll() * deciders)]?.view.servers.get(`s${i}`)
      if (!server) throw new Error(`s${i} is not known`)
      server.debit++
      joins[i] = (joins[i] ?? 0) + 1
    }
  }
  const factors = registries.flatMap(({ view }) => [...view.servers.values()].map(({ factor }) => factor))
  const mean = factors.reduce((sum, each) => sum + each, 0) / factors.length
  expect(mean).toBeGreaterThan(180)
  expect(mean).toBeLessThan(230)
  expect(Math.min(...factors)).toBeGreaterThan(80)
  expect(Math.max(...factors)).toBeLessThan(500)
})

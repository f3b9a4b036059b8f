import process from 'node:process'
import { decide } from '../../../shared/draw/decide.ts'
import { View } from '../../../shared/draw/view.ts'
import { mountOf, seededRoll, serverOf } from '../../kit/reports.ts'
import { benchReport } from './cluster.ts'
import { median } from './table.ts'

// Runs on the runtime that is measured: `bun decisions.ts COUNT…` prints a line `servers nanoseconds` for each count.
const perChunk = 10_000
const chunks = 60
/** chunks at the beginning that do not count, since the code is still being compiled */
const warmUp = 20
/** ms of the edge's clock between two listeners: 10,000 a second */
const apartMs = 0.1

const mount = mountOf('/live.mp3')
const policy = { httpsOnly: false }

/** ns of one decision among `count` servers: the draw, the debit, and what is computed every second. */
function measure(servers: number): number {
  const view = new View(100)
  for (let i = 0; i < servers; i++) {
    const report = benchReport(i, servers)
    view.put(serverOf(report.id, report, { location: report.location }))
  }
  const roll = seededRoll(1)
  const locations = Array.from({ length: 16 }, (_, i) => ({
    location: { latitude: 30 + i, longitude: i * 20 },
  }))
  let nowMs = 0
  const nanoseconds: number[] = []
  for (let chunk = 0; chunk < chunks; chunk++) {
    const begun = performance.now()
    for (let i = 0; i < perChunk; i++) {
      const from = locations[i % locations.length]
      const decision = decide(view, { mount, secure: false, relay: false, from }, nowMs, roll, policy)
      if (typeof decision === 'string') throw new Error(decision)
      decision.server.debit++
      nowMs += apartMs
    }
    if (chunk >= warmUp) nanoseconds.push(((performance.now() - begun) * 1e6) / perChunk)
  }
  return median(nanoseconds)
}

for (const count of process.argv.slice(2)) console.log(count, measure(Number(count)).toFixed(0))

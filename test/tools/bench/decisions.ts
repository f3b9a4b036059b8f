import process from 'node:process'
import { decide } from '../../../shared/draw/decide.ts'
import { View } from '../../../shared/draw/view.ts'
import type { Report } from '../../../shared/report/report.ts'
import { mountOf, mountReport, seededRoll, serverOf } from '../../kit/parts/reports.ts'
import { benchReport } from './cluster.ts'
import { cpuMs } from './own-time.ts'
import { median } from './table.ts'

// Runs on the runtime that is measured: `bun decisions.ts COUNT…` prints a line `COUNT nanoseconds` for each count of servers, or of
// servers and mounts: `200x200`.
const perChunk = 10_000
const chunks = 60
/** chunks at the beginning that do not count, since the code is still being compiled */
const warmUp = 20
/** ms of the edge's clock between two listeners: 10,000 a second */
const apartMs = 0.1

/** cities of listeners: of a radio in one city, and of one for the whole world */
const [fewCities, manyCities] = [16, 632]
/** listeners for each report that comes in */
const perReport = 100

const policy = { httpsOnly: false }

/** Locations of listeners. */
function citiesOf(mounts: number, roll: () => number) {
  if (mounts > 1)
    return Array.from({ length: manyCities }, () => ({
      location: { latitude: -40 + 100 * roll(), longitude: -180 + 360 * roll() },
    }))
  return Array.from({ length: fewCities }, (_, i) => ({ location: { latitude: 30 + i, longitude: i * 20 } }))
}

/** ns of one decision among `servers`, all of which carry as many mounts: the draw, the debit, what is computed every second, and the reports. */
function measure(servers: number, mounts: number): number {
  const view = new View(100)
  const names = Array.from({ length: mounts }, (_, i) => (i === 0 ? '/live.mp3' : `/live${i}.mp3`)).map(
    mountOf,
  )
  const all = names.map((name) => mountReport(name))
  const reports = Array.from({ length: servers }, (_, i) => benchReport(i, servers, { mounts: all }))
  const put = (report: Report, receivedAtMs: number) =>
    view.put(serverOf(report.id, report, { location: report.location, receivedAtMs }))
  for (const report of reports) put(report, 0)
  const roll = seededRoll(1)
  const cities = citiesOf(mounts, roll)
  const asks = Array.from({ length: 8192 }, () => ({
    mount: names[Math.floor(roll() * mounts)] ?? mountOf('/live.mp3'),
    from: cities[Math.floor(roll() * cities.length)],
  }))
  let nowMs = 0
  let asked = 0
  const nanoseconds: number[] = []
  for (let chunk = 0; chunk < chunks; chunk++) {
    const begun = cpuMs()
    for (let i = 0; i < perChunk; i++) {
      const { mount, from } = asks[asked++ % asks.length] ?? { mount: mountOf('/live.mp3') }
      const decision = decide(view, { mount, secure: false, relay: false, from }, nowMs, roll, policy)
      if (typeof decision === 'string') throw new Error(decision)
      decision.server.debit++
      nowMs += apartMs
      const report = asked % perReport === 0 ? reports[(asked / perReport) % servers] : undefined
      if (report) put(report, nowMs)
    }
    if (chunk >= warmUp) nanoseconds.push(((cpuMs() - begun) * 1e6) / perChunk)
  }
  return median(nanoseconds)
}

for (const count of process.argv.slice(2)) {
  const [servers = 0, mounts = 1] = count.split('x').map(Number)
  console.log(count, measure(servers, mounts).toFixed(0))
}

import { edgeMetricSteps } from '../../../edge/pages/metrics.ts'
import { clusterText } from '../../../shared/api/describe-cluster.ts'
import { mountsText, publicMounts, serversText } from '../../../shared/api/json.ts'
import { seenOf } from '../../../shared/api/seen.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { momentOf } from '../../../shared/draw/moment.ts'
import { type SliceStep, sliceOf } from '../../../shared/http/slices.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { cpuMs } from './own-time.ts'
import { median } from './table.ts'

// Runs on the runtime that is measured: `bun turns.ts` prints a line `name|turns|p99 ms|longest ms|all ms|MB` for each long answer of a
// large cluster, and for the reports that come in. Turns are of the thread's own processor time: other programs on the machine, which
// interrupt it, do not count; the pauses of its garbage collection do.
const servers = 10_000
const mounts = 100
/** an answer is made so many times; of the numbers the medians count */
const rounds = 5
/** reports that are measured */
const reportsMeasured = 1000

const mountsOf = (listeners: (k: number) => number) =>
  Array.from({ length: mounts }, (_, k) => mountReport(`/mount${k}.mp3`, { listeners: listeners(k) }))
const slaveReport = (id: string, lines: Report['mounts']): Report =>
  reportOf(id, { listeners: 300, maxListeners: 1000, mounts: lines })

/** What a start reads from the store: the reports as texts. */
function largeCluster(): Registry {
  const registry = new Registry(undefined, 100, 0)
  const lines = mountsOf(() => 3)
  for (let i = 0; i < servers; i++) {
    const report: Report = { ...slaveReport(`relay${i}`, lines), role: i < 2 ? 'master' : 'slave' }
    registry.put(registry.parse(printSourcelist(report)), '', 1)
  }
  return registry
}

interface Measured {
  turns: number
  p99: number
  longest: number
  all: number
  megabytes: number
}

/** Makes an answer slice by slice, as for a client. */
function measure(begin: () => Iterator<SliceStep, unknown>): Measured {
  const encoder = new TextEncoder()
  let bytes = 0
  let work: Iterator<SliceStep, unknown> | undefined
  const turns: number[] = []
  for (let isLast = false; !isLast; ) {
    const begun = cpuMs()
    work ??= begin()
    const slice = sliceOf(work)
    bytes += encoder.encode(slice.text).length
    isLast = slice.isLast
    turns.push(cpuMs() - begun)
  }
  return measuredOf(turns, bytes)
}

/** Reports of servers in turn, of whose mounts a fifth have other listeners than before: read, and shown to the draw. */
function measureReports(registry: Registry): Measured {
  const turns: number[] = []
  let bytes = 0
  for (let n = 0; n < reportsMeasured; n++) {
    const lines = mountsOf((k) => 3 + (k % 5 === 0 ? 1 + (n % 7) : 0))
    const text = printSourcelist(slaveReport(`relay${n % servers}`, lines))
    bytes += text.length
    const begun = cpuMs()
    registry.put(registry.parse(text), text, 2)
    turns.push(cpuMs() - begun)
  }
  return measuredOf(turns, bytes)
}

function measuredOf(turns: number[], bytes: number): Measured {
  turns.sort((a, b) => a - b)
  return {
    turns: turns.length,
    p99: turns[Math.floor(turns.length * 0.99)] ?? 0,
    longest: turns.at(-1) ?? 0,
    all: turns.reduce((sum, ms) => sum + ms, 0),
    megabytes: bytes / 1e6,
  }
}

const registry = largeCluster()
const { view } = registry
const answers: Record<string, () => Iterator<SliceStep, unknown>> = {
  '/api/servers': () => serversText(momentOf(view, 1), false),
  '/api/mounts': () => mountsText(momentOf(view, 1)),
  '/api/cluster': () =>
    clusterText(momentOf(view, 1), { seen: seenOf(registry, 1), events: [], atMs: 0, isHttps: false }),
  '/metrics': () => edgeMetricSteps(momentOf(view, 1), seenOf(registry, 1).totals()),
  'mounts of the public pages': () => [JSON.stringify(publicMounts(view, 1))].values(),
}
const measures = Object.entries(answers).map(([name, begin]) => [name, () => measure(begin)] as const)
for (const [name, run] of [
  ...measures,
  [`${reportsMeasured} reports`, () => measureReports(registry)] as const,
]) {
  const all = Array.from({ length: rounds }, run)
  const of = (value: (measured: Measured) => number) => median(all.map(value))
  console.log(
    [
      name,
      of(({ turns }) => turns),
      of(({ p99 }) => p99).toFixed(1),
      // of all rounds, since the garbage of several is collected at once
      Math.max(...all.map(({ longest }) => longest)).toFixed(1),
      of(({ all: ms }) => ms).toFixed(0),
      of(({ megabytes }) => megabytes).toFixed(1),
    ].join('|'),
  )
}

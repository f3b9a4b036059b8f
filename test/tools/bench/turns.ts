import { edgeMetricSteps } from '../../../edge/pages/metrics.ts'
import { clusterText } from '../../../shared/api/describe-cluster.ts'
import { mountsText, publicMounts, serversText } from '../../../shared/api/json.ts'
import { seenOf } from '../../../shared/api/seen.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { momentOf } from '../../../shared/draw/moment.ts'
import { type SliceStep, sliceOf } from '../../../shared/http/slices.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { mountReport, reportOf } from '../../kit/reports.ts'
import { median } from './table.ts'

// Runs on the runtime that is measured: `bun turns.ts` prints a line `name|turns|p99 ms|all ms|MB` for each long answer of a large cluster.
const servers = 10_000
const mounts = 100
/** an answer is made so many times; of the numbers the medians count */
const rounds = 5

function largeCluster(): Registry {
  const registry = new Registry(undefined, 100, 0)
  for (let i = 0; i < servers; i++) {
    const report: Report = reportOf(`relay${i}`, {
      role: i < 2 ? 'master' : 'slave',
      listeners: 300,
      maxListeners: 1000,
      mounts: Array.from({ length: mounts }, (_, k) => mountReport(`/mount${k}.mp3`, { listeners: 3 })),
    })
    registry.put(i < 3 ? registry.parse(printSourcelist(report)) : report, '', 1)
  }
  return registry
}

interface Measured {
  turns: number
  p99: number
  all: number
  megabytes: number
}

/** Makes an answer slice by slice, as for a client. */
function measure(begin: () => Iterator<SliceStep, unknown>): Measured {
  const encoder = new TextEncoder()
  const turns: number[] = []
  let bytes = 0
  let work: Iterator<SliceStep, unknown> | undefined
  for (let isLast = false; !isLast; ) {
    const begun = performance.now()
    work ??= begin()
    const slice = sliceOf(work)
    bytes += encoder.encode(slice.text).length
    isLast = slice.isLast
    turns.push(performance.now() - begun)
  }
  turns.sort((a, b) => a - b)
  const all = turns.reduce((sum, ms) => sum + ms, 0)
  return {
    turns: turns.length,
    p99: turns[Math.floor(turns.length * 0.99)] ?? 0,
    all,
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
for (const [name, begin] of Object.entries(answers)) {
  const all = Array.from({ length: rounds }, () => measure(begin))
  const of = (value: (measured: Measured) => number) => median(all.map(value))
  console.log(
    [
      name,
      of(({ turns }) => turns),
      of(({ p99 }) => p99).toFixed(1),
      of(({ all: ms }) => ms).toFixed(0),
      of(({ megabytes }) => megabytes).toFixed(1),
    ].join('|'),
  )
}

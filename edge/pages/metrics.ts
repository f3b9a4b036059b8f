import { describeServers, type ServerJson, surroundingSteps } from '../../shared/api/json.ts'
import { type Moment, momentOf } from '../../shared/draw/moment.ts'
import { isHeld } from '../../shared/draw/server.ts'
import type { View } from '../../shared/draw/view.ts'
import type { Totals } from '../../shared/history/counts.ts'
import { type Metric, metricSteps, type Sample } from '../../shared/http/metrics.ts'
import { type SliceStep, textOf } from '../../shared/http/slices.ts'
import { version } from '../../shared/version.ts'

/** bytes/s of a kbit/s */
const bytesPerKbit = 125

/**
 * The edge's metrics for Prometheus: every server with its numbers, every mount, and what was counted. Names and units are
 * those of Prometheus' conventions: seconds, bytes, ratios; counters end in `_total`.
 */
export const edgeMetrics = (view: View, totals: Totals, nowMs: number): string =>
  textOf(edgeMetricSteps(momentOf(view, nowMs), totals))

/** The same in steps. */
export function* edgeMetricSteps(moment: Moment, totals: Totals): Generator<SliceStep, void> {
  yield moment.servers.length // the moment itself has been a piece of work
  const servers: ServerJson[] = []
  const around = yield* surroundingSteps(moment, false)
  for (const server of describeServers(moment, around)) {
    servers.push(server)
    yield server.mounts.length
  }
  const mounts = moment.mounts.filter(({ onAir }) => onAir !== undefined)
  yield* metricSteps([
    {
      name: 'distributary_build_info',
      help: 'The version that runs.',
      type: 'gauge',
      samples: [{ labels: { version }, value: 1 }],
    },
    {
      name: 'distributary_servers_held',
      help: 'Servers that get listeners by their last report, which is too old, since no server reports.',
      type: 'gauge',
      samples: [{ value: moment.servers.filter((server) => isHeld(server, moment.nowMs)).length }],
    },
    ...serverMetrics(servers),
    {
      name: 'distributary_mount_listeners',
      help: 'Listeners of a mount, summed over live servers.',
      type: 'gauge',
      samples: mounts.map(({ mount, onAir }) => ({
        labels: { mount },
        value: onAir?.listeners ?? 0,
      })),
    },
    {
      name: 'distributary_mount_has_master',
      help: '1 where a live master carries the mount, else 0.',
      type: 'gauge',
      samples: mounts.map(({ mount, hasMaster }) => ({ labels: { mount }, value: hasMaster ? 1 : 0 })),
    },
    ...counters(totals, moment),
  ])
}

/** A sample of each server that has one, made as it is printed. */
function* samplesOf(
  servers: readonly ServerJson[],
  sample: (server: ServerJson) => Sample | undefined,
): Iterable<Sample> {
  for (const server of servers) {
    const made = sample(server)
    if (made) yield made
  }
}

function serverMetrics(servers: readonly ServerJson[]): Metric[] {
  const byServer = (name: string, help: string, value: (server: ServerJson) => number | null): Metric => ({
    name: `distributary_server_${name}`,
    help,
    type: 'gauge',
    samples: samplesOf(servers, (server) => {
      const number = value(server)
      return number === null ? undefined : { labels: { id: server.id, role: server.role }, value: number }
    }),
  })
  return [
    byServer('in', '1 where the server gets listeners, 0 where it is out.', ({ out }) =>
      out === null ? 1 : 0,
    ),
    {
      name: 'distributary_server_out',
      help: 'Why a server gets no listener.',
      type: 'gauge',
      samples: samplesOf(servers, ({ id, role, out }) =>
        out === null ? undefined : { labels: { id, role, reason: out.replaceAll(' ', '_') }, value: 1 },
      ),
    },
    byServer('listeners', 'Listeners by its last report.', ({ listeners }) => listeners),
    byServer('slots', 'Listeners that it takes at most.', ({ maxListeners }) => maxListeners),
    byServer('free_slots', 'Slots left, less what was redirected since its last report.', ({ free }) => free),
    byServer(
      'bandwidth_bytes_per_second',
      'Leaving the server, by its last report.',
      ({ bandwidth }) => bandwidth && bandwidth * bytesPerKbit,
    ),
    byServer('report_age_seconds', 'Since its last report.', ({ ageSeconds }) => ageSeconds),
  ]
}

/** A count of each server, 0 too: a counter that first appears above 0 has lost its first increase for `rate()`. */
function* countsOf(
  counts: Readonly<Record<string, number>>,
  { servers }: Moment,
): Iterable<readonly [string, number]> {
  const left = new Map(Object.entries(counts))
  for (const { report } of servers) {
    yield [report.id, left.get(report.id) ?? 0]
    left.delete(report.id)
  }
  yield* left
}

function* labelled(label: string, counts: Iterable<readonly [string, number]>): Iterable<Sample> {
  for (const [key, value] of counts) yield { labels: { [label]: key }, value }
}

function counters({ answers, sendBacks, joins, reports }: Totals, moment: Moment): Metric[] {
  const counter = (
    name: string,
    help: string,
    label: string,
    counts: Iterable<readonly [string, number]>,
  ): Metric => ({
    name: `distributary_${name}_total`,
    help,
    type: 'counter',
    samples: labelled(label, counts),
  })
  return [
    counter(
      'answers',
      'Requests for mounts by what they were answered; of HEADs and probes too.',
      'answer',
      Object.entries(answers),
    ),
    {
      name: 'distributary_refusals_total',
      help: 'Requests for mounts that got no server: 503.',
      type: 'counter',
      samples: [{ value: answers.no_room }],
    },
    counter('send_backs', 'Listeners that a server sent back.', 'id', countsOf(sendBacks, moment)),
    counter(
      'joins',
      'Joins that a server counted, since this program knows it.',
      'id',
      countsOf(joins, moment),
    ),
    counter('reports', 'Reports by the status of their answer.', 'status', Object.entries(reports)),
  ]
}

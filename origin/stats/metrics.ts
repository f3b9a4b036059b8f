import { type Metric, printMetrics, type Sample } from '../../shared/http/metrics.ts'
import { version } from '../../shared/version.ts'
import { limits } from '../limits.ts'
import type { ActiveMount } from '../mount/mount.ts'
import { listenersMax } from '../process/descriptors.ts'
import type { StatsDeps } from './tree.ts'

/** bytes/s of a kbit/s: Prometheus counts in bytes */
const bytesPerKbit = 125

/** Resource usage of this process. */
export interface ProcessUsage {
  /** s of CPU time since the start */
  cpuSeconds: number
  /** bytes in memory */
  residentBytes: number
  /** `node 24.21.0` */
  runtime: string
}

/** The metrics of an origin for Prometheus: its connections, listeners and mounts, and the usage of the process. */
export const originMetrics = (deps: StatsDeps, usage: ProcessUsage): string =>
  printMetrics([
    ...processMetrics(usage, deps.state.startedAtMs),
    ...listenerMetrics(deps),
    ...clusterMetrics(deps),
    ...mountMetrics(deps.state.mounts.list().slice(0, limits.metricsMountsMax)),
  ])

const processMetrics = (
  { runtime, cpuSeconds, residentBytes }: ProcessUsage,
  startedAtMs: number,
): Metric[] => [
  {
    ...gauge('build_info', 'Version and runtime.'),
    samples: [{ labels: { version, runtime: runtime.replace(' ', '_') }, value: 1 }],
  },
  one(gauge('start_time_seconds', 'Start time, in seconds since 1970.'), startedAtMs / 1000),
  one(counter('process_cpu_seconds_total', 'CPU time used.'), cpuSeconds),
  one(gauge('process_resident_memory_bytes', 'Memory in use.'), residentBytes),
]

const listenerMetrics = ({ config: { limits }, state: { load, mounts } }: StatsDeps): Metric[] => [
  one(gauge('clients', 'Connections open.'), load.clients),
  one(counter('connections_total', 'Connections accepted.'), load.connections),
  one(counter('requests_total', 'Requests answered, those of sources not counted.'), load.requests),
  one(gauge('listeners', 'Listeners; relays with credentials are not counted.'), load.listeners),
  one(gauge('listeners_max', 'Maximum of listeners.'), listenersMax(limits, mounts.count)),
  one(counter('joins_total', 'Listeners answered 200 or refused for room.'), load.joins),
  one(counter('refused_total', 'Listeners refused for room.'), load.refused),
  one(counter('slow_listeners_total', 'Listeners dropped because they fell off the queue.'), load.slow),
  one(counter('sent_bytes_total', 'Bytes handed to listeners and relays.'), load.bytesSent),
  one(
    gauge('bandwidth_bytes_per_second', 'Measured outgoing bandwidth.'),
    load.bandwidthKbps() * bytesPerKbit,
  ),
]

function clusterMetrics({ state: { mounts, drain }, idle, deciders }: StatsDeps): Metric[] {
  const all = mounts.list()
  const relays = all.filter(({ kind }) => kind === 'relay')
  const lost = relays.filter(({ interruptedAtMs }) => interruptedAtMs !== undefined).length
  const relaysBy = { running: relays.length - lost, lost, idle: idle().length }
  return [
    one(gauge('mounts', 'Mounts with a feed.'), all.length),
    {
      ...gauge('relays', 'Relays by state: running, lost (its listeners wait), idle (on demand).'),
      samples: Object.entries(relaysBy).map(([state, value]) => ({ labels: { state }, value })),
    },
    {
      ...gauge('report_taken', '1 if the decider accepted the last report.'),
      samples: deciders().map(({ url, isAnswering }) => ({
        labels: { decider: url },
        value: isAnswering ? 1 : 0,
      })),
    },
    one(gauge('draining', '1 if the admin has drained the server.'), drain.active ? 1 : 0),
  ]
}

type Family = Omit<Metric, 'samples'>
const family =
  (type: Metric['type']) =>
  (name: string, help: string): Family => ({ name: `distributary_origin_${name}`, help, type })
const gauge = family('gauge')
const counter = family('counter')
const one = (about: Family, value: number): Metric => ({ ...about, samples: [{ value }] })

function mountMetrics(mounts: readonly ActiveMount[]): Metric[] {
  const each = (about: Family, value: (mount: ActiveMount) => number): Metric => ({
    ...about,
    samples: mounts.map(
      (mount): Sample => ({ labels: { mount: mount.name, kind: mount.kind }, value: value(mount) }),
    ),
  })
  return [
    each(gauge('mount_listeners', 'Listeners of a mount.'), ({ listeners }) => listeners),
    each(
      gauge('mount_listener_peak', 'Most listeners at once since the mount began.'),
      ({ listenerPeak }) => listenerPeak,
    ),
    each(gauge('mount_relays', 'Relays with credentials that a mount feeds.'), ({ relays }) => relays),
    each(counter('mount_joins_total', 'Joins of a mount.'), ({ joins }) => joins),
    each(counter('mount_slow_listeners_total', 'Listeners dropped from a mount.'), ({ slow }) => slow),
    each(counter('mount_read_bytes_total', 'Bytes from the feed of a mount.'), ({ bytesRead }) => bytesRead),
    each(
      counter('mount_sent_bytes_total', 'Bytes handed to the listeners and relays of a mount.'),
      ({ bytesSent }) => bytesSent,
    ),
    each(gauge('mount_feed_bytes_per_second', 'Rate of the feed.'), ({ kbps }) => kbps * bytesPerKbit),
    each(
      gauge('mount_start_time_seconds', 'Start time of the mount, in seconds since 1970.'),
      ({ startedAtMs }) => startedAtMs / 1000,
    ),
  ]
}

import { mountsJson, type ServerJson, serversJson } from '../../shared/api/json.ts'
import type { View } from '../../shared/draw/view.ts'
import { type Metric, printMetrics, type Sample } from '../../shared/http/metrics.ts'
import { version } from '../../shared/version.ts'
import type { Tally } from '../tally.ts'

/** The edge's metrics for Prometheus: every server with its numbers, every mount, and the answers to listeners. */
export function edgeMetrics(view: View, tally: Tally, nowMs: number): string {
  const servers = serversJson(view, nowMs)
  const byServer = (name: string, help: string, value: (server: ServerJson) => number | null): Metric => ({
    name: `distributary_server_${name}`,
    help,
    type: 'gauge',
    samples: servers.flatMap((server): Sample[] => {
      const number = value(server)
      return number === null ? [] : [{ labels: { id: server.id, role: server.role }, value: number }]
    }),
  })
  return printMetrics([
    {
      name: 'distributary_info',
      help: 'The version that runs.',
      type: 'gauge',
      samples: [{ labels: { version }, value: 1 }],
    },
    byServer('in', '1 where the server gets listeners, 0 where it is out.', ({ out }) =>
      out === null ? 1 : 0,
    ),
    {
      name: 'distributary_server_out',
      help: 'Why a server gets no listener.',
      type: 'gauge',
      samples: servers.flatMap(({ id, role, out }) =>
        out === null ? [] : [{ labels: { id, role, reason: out }, value: 1 }],
      ),
    },
    byServer('listeners', 'Listeners by its last report.', ({ listeners }) => listeners),
    byServer('slots', 'Listeners that it takes at most.', ({ maxListeners }) => maxListeners),
    byServer('free_slots', 'Slots left, less what was redirected since its last report.', ({ free }) => free),
    byServer('bandwidth_kbps', 'Leaving the server, by its last report.', ({ bandwidth }) => bandwidth),
    byServer('report_age_seconds', 'Since its last report.', ({ ageSeconds }) => ageSeconds),
    {
      name: 'distributary_mount_listeners',
      help: 'Listeners of a mount, summed over live servers.',
      type: 'gauge',
      samples: mountsJson(view, nowMs).map(({ mount, listeners }) => ({
        labels: { mount },
        value: listeners,
      })),
    },
    {
      name: 'distributary_answers_total',
      help: 'Requests for mounts by what they were answered; of HEADs and probes too.',
      type: 'counter',
      samples: Object.entries(tally).map(([answer, value]) => ({ labels: { answer }, value })),
    },
  ])
}

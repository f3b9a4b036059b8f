import { gzipSync } from 'node:zlib'
import { createEdge } from '../../../edge/app.ts'
import { parseConfig } from '../../../edge/config.ts'
import { localCluster } from '../../../shared/api/cluster.ts'
import type { RequestFacts } from '../../../shared/api/routes.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import type { Server } from '../../../shared/draw/server.ts'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { seededRoll } from './reports.ts'

const facts: RequestFacts = { address: '192.0.2.1', secure: false, base: 'http://edge.example' }

/** An edge in this process that holds these reports, its clock at 0 and its dice seeded. */
export const edgeOf = (...reports: Report[]) => edgeWith({}, ...reports)

/** The same with these settings, and with a fetch of its own. */
export function edgeWith(over: { env?: Record<string, string>; fetch?: typeof fetch }, ...reports: Report[]) {
  const config = parseConfig({ RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret', ...over.env })
  const registry = new Registry(undefined, 100, 0)
  for (const report of reports) registry.put(report, printSourcelist(report), 0)
  const redirected: Server[] = []
  const edge = createEdge({
    config,
    cluster: localCluster(registry, config.accounts, () => 0),
    nowMs: () => 0,
    roll: seededRoll(1),
    redirected: (server) => redirected.push(server),
    carrying: { fetch: over.fetch ?? fetch, bytesMax: hlsLimits.cacheBytesMax, gzip: gzipSync },
    startedAtMs: 0,
  })
  const ask = async (
    path: string,
    headers: Record<string, string> = {},
    method = 'GET',
    over: Partial<RequestFacts> = {},
    body: string | null = null,
  ) =>
    edge.answer(new Request(`http://edge.example${path}`, { method, headers, body }), { ...facts, ...over })
  return { edge, ask, redirected, events: async () => registry.events(0) }
}

import { accept } from '../../../shared/api/accept.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import type { Report } from '../../../shared/report/report.ts'
import type { ReporterIdentity } from '../../../shared/report/reporter.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { openAccounts } from './accounts.ts'
import { mountReport } from './reports.ts'

export const relay: ReporterIdentity = { kind: 'relay' }
export const bound: ReporterIdentity = { kind: 'server', id: 'bound', role: 'slave' }
export const mounts = (count: number, from = 0) =>
  Array.from({ length: count }, (_, i) => mountReport(`/m${from + i}`))

/** A decider, and how a server reports to it. */
export function decider(mountsMax?: number) {
  const registry = new Registry(undefined, 100, 0, mountsMax)
  const send = (
    report: Report,
    nowMs = 0,
    { reporter = relay, remote }: { reporter?: ReporterIdentity; remote?: string } = {},
  ) => {
    const post = { sourcelist: printSourcelist(report), reporter, remote, edgeUrls: [] }
    return accept(registry, openAccounts, post, nowMs)
  }
  return { registry, send }
}

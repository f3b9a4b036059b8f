import type { SliceStep } from '../http/slices.ts'
import type { Mount } from '../mount.ts'
import type {
  ClusterServerJson,
  ClusterTotals,
  PerMinuteJson,
  ProblemJson,
  Severity,
} from './cluster-json.ts'

/** problems in one answer: more cannot be read at three in the morning */
const problemsMax = 100
/** s by which a report may be late: its transit, and rounding */
const lateSeconds = 3
/** s by which a clock may be off: titles and logs can still be compared */
const clockSeconds = 5
/** clocks from which it can be told that this program's own is off */
const clocksMin = 3
/** share of the slots from which a cluster is called full, and from which listeners are about to be refused */
const fullShare = 0.9
const overfullShare = 0.98

/** A mount, as far as its problems depend on it. */
export interface CarriedBy {
  mount: Mount
  hasMaster: boolean
  /** of its live servers */
  ids: () => Iterable<string>
}

/** What {@link problemSteps} is told. */
export interface Situation {
  servers: readonly ClusterServerJson[]
  mounts: readonly CarriedBy[]
  /** mounts that were reported a while ago, and that no live server carries */
  offAir: readonly Mount[]
  totals: ClusterTotals
  /** servers that get listeners although their reports are too old, since no server reports */
  held: number
  perMinute: PerMinuteJson
}

/** What is wrong with a cluster, most severe first; found in steps. */
export function* problemSteps(situation: Situation): Generator<SliceStep, ProblemJson[]> {
  const { servers } = situation
  const all = yield* mountProblems(situation)
  all.push(...clusterProblems(situation), ...clockProblems(servers))
  yield servers.length
  for (const server of servers) for (const problem of serverProblems(server)) all.push(problem)
  for (const problem of versionProblems(servers)) all.push(problem)
  const ranked = severities.flatMap((severity) => all.filter((each) => each.severity === severity))
  if (ranked.length <= problemsMax) return ranked
  const more = ranked.length - problemsMax + 1
  return [...ranked.slice(0, problemsMax - 1), { severity: 'notice', text: `${more} more problems` }]
}

const severities: readonly Severity[] = ['critical', 'warning', 'notice']

function* mountProblems({ servers, mounts, offAir }: Situation): Generator<SliceStep, ProblemJson[]> {
  const getting = new Set(servers.filter(({ out }) => out === null).map(({ id }) => id))
  const hasMasters = servers.some(({ role }) => role === 'master')
  const critical = (mount: Mount, what: string): ProblemJson => ({
    severity: 'critical',
    text: `${mount}: ${what}`,
    mount,
  })
  const problems = offAir.map((mount) => critical(mount, 'off air: no live server carries it'))
  for (const { mount, hasMaster, ids } of mounts) {
    if (!hasMaster && hasMasters) problems.push(critical(mount, 'no master'))
    let hasRoom = false
    for (const id of ids()) {
      hasRoom = getting.has(id)
      if (hasRoom) break
      yield 0
    }
    if (!hasRoom) problems.push(critical(mount, 'no server has room for it'))
    yield 0
  }
  return problems
}

function clusterProblems({ servers, totals, perMinute, held }: Situation): ProblemJson[] {
  const problems: ProblemJson[] = []
  if (held > 0)
    problems.push({
      severity: 'critical',
      text: `no server reported for a while, as if this program were cut off: ${counted(held, 'server')} ${held === 1 ? 'gets' : 'get'} listeners by a report that is too old`,
    })
  const { utilisation } = totals
  if (perMinute.refusals > 0)
    problems.push({
      severity: 'critical',
      text: `${counted(perMinute.refusals, 'request')} got no server within the last minute`,
    })
  if (utilisation !== null && utilisation >= fullShare)
    problems.push({
      severity: utilisation >= overfullShare ? 'critical' : 'warning',
      text: `cluster ${Math.floor(utilisation * 100)} % full`,
    })
  if (servers.length === 0) problems.push({ severity: 'notice', text: 'no server has reported yet' })
  return problems
}

function serverProblems(server: ClusterServerJson): ProblemJson[] {
  const { id, out, ageSeconds, interval, notes = [] } = server
  const problem = (severity: Severity, what: string): ProblemJson => ({
    severity,
    text: `${id}: ${what}`,
    server: id,
  })
  const silent = `no report for ${duration(ageSeconds)}`
  switch (out) {
    case 'stale':
      return [problem('critical', silent)]
    case 'unreachable':
    case 'no mounts':
      return (notes.length > 0 ? notes : [out]).map((what) => problem('warning', what))
    default:
      return [
        ...(ageSeconds > interval + lateSeconds ? [problem('warning', silent)] : []),
        ...(out === null ? [] : [problem('notice', outTexts[out])]),
        ...notes.map((note) => problem('notice', note)),
      ]
  }
}

const outTexts = {
  full: 'full',
  drained: 'drained here, so it gets no listeners',
  draining: 'draining, so it gets no listeners',
  leaving: 'leaving',
} as const

/** Clocks that differ from this program's; if most agree that it is off, its own is the wrong one, and those that differ from them. */
function clockProblems(servers: readonly ClusterServerJson[]): ProblemJson[] {
  const known = servers.flatMap(({ id, out, clockOffsetSeconds }) =>
    out === 'stale' || clockOffsetSeconds === null ? [] : [{ id, offset: clockOffsetSeconds }],
  )
  const offsets = known.map(({ offset }) => offset).sort((a, b) => a - b)
  const median = offsets[Math.floor(offsets.length / 2)] ?? 0
  const agreeing = offsets.filter((offset) => Math.abs(offset - median) < clockSeconds).length
  const isOwn = offsets.length >= clocksMin && agreeing > offsets.length / 2
  const common = isOwn && Math.abs(median) >= clockSeconds ? median : 0
  const own: ProblemJson[] =
    common === 0
      ? []
      : [
          {
            severity: 'warning',
            text: `the clock of this program is ${duration(Math.abs(common))} off, by those of most servers`,
          },
        ]
  return [
    ...own,
    ...known
      .filter(({ offset }) => Math.abs(offset - common) >= clockSeconds)
      .map(
        ({ id, offset }): ProblemJson => ({
          severity: 'warning',
          text: `clock of ${id} is ${duration(Math.abs(offset - common))} off`,
          server: id,
        }),
      ),
  ]
}

function versionProblems(servers: readonly ClusterServerJson[]): ProblemJson[] {
  const counts = new Map<string, number>()
  for (const { out, version } of servers)
    if (out !== 'stale' && version?.startsWith('distributary '))
      counts.set(version, (counts.get(version) ?? 0) + 1)
  if (counts.size < 2) return []
  const list = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([version, n]) => `${version} on ${n}`)
  return [{ severity: 'notice', text: `servers run different versions: ${list.join(', ')}` }]
}

/** `14 s`, `3 min`, `5 h` */
function duration(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}

const counted = (n: number, noun: string) => `${n} ${noun}${n === 1 ? '' : 's'}`

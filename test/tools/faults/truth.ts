import { serversAt } from '../../kit/cluster.ts'
import { eventually } from '../../kit/eventually.ts'
import type { Audience } from './audience.ts'
import type { Cluster } from './cluster.ts'
import { descriptorsOf, residentMiB } from './held.ts'
import { untold } from './told.ts'

/** MiB that a program holds at most with some hundred listeners: three times what it does without a fault */
const memoryMiBMax = 400
/** descriptors of a program that has no listener: its own, and the connections between programs */
const ownDescriptorsMax = 60
/** gaps are heard later than they arise, by what a listener's connection has buffered, in ms */
const heardLateMs = 5000

/** Waits until the cluster is whole: each server in the draw, each listener heard and counted. Nothing else may have happened. */
export async function isWhole(cluster: Cluster): Promise<void> {
  const { audience, edge } = cluster
  const sinceMs = Date.now()
  await eventually(async () => {
    const known = await serversAt(edge)
    const sinceS = (Date.now() - sinceMs) / 1000
    for (const { url, name } of cluster.origins) {
      const server = known.find(({ urls }) => urls.includes(url))
      if (!server) throw new Error(`the edge does not know ${name}`)
      if (server.out !== null) throw new Error(`${name} is out: ${server.out}`)
      if (server.ageSeconds > sinceS) throw new Error(`${name} has not reported for ${server.ageSeconds} s`)
      if (server.mounts.length !== 1) throw new Error(`${name} carries ${server.mounts.length} mounts`)
    }
    return true
  }, patience)
  if (!audience) return
  await audience.settle()
  await audience.allHear()
  await eventually(async () => {
    const known = await serversAt(edge)
    const { present } = audience.look()
    for (const { url, name, address } of cluster.origins) {
      const reported = known.find(({ urls }) => urls.includes(url))?.listeners
      const there = present[address] ?? 0
      if (reported !== there)
        throw new Error(`${name} has ${there} listeners, and the edge counts ${reported}`)
    }
    return true
  }, patience)
  audience.stir()
}

const patience = { everyMs: 200 }

/** All that was seen up to now that must not be. */
export const allFaults = (cluster: Cluster): string[] => [
  ...cluster.faults,
  ...faultsOfListening(cluster),
  ...faultsOfPrograms(cluster),
]

/** A cluster as its listeners saw it. */
type Witnessed = Pick<Cluster, 'gapsAllowed' | 'members' | 'former'> & {
  audience: Pick<Audience, 'redirects' | 'gaps' | 'faults'> | undefined
}

/** What the listeners saw that must not be. */
export function faultsOfListening({ audience, gapsAllowed, members, former }: Witnessed): string[] {
  if (!audience) return []
  const outs = [...members, ...former].flatMap(({ outs }) => outs)
  const wrong = audience.redirects.flatMap(([askedMs, to]) => {
    const out = outs.find(({ host, fromMs, untilMs }) => host === to && askedMs > fromMs && askedMs < untilMs)
    return out ? [`redirected to ${to} ${askedMs - out.fromMs} ms after its deadline (${out.why})`] : []
  })
  const unexpected = audience.gaps.filter(
    ({ atMs, host }) =>
      !gapsAllowed.some(
        ({ fromMs, untilMs, hosts }) =>
          atMs >= fromMs && atMs <= untilMs + heardLateMs && (hosts?.includes(host) ?? true),
      ),
  )
  return [
    ...audience.faults,
    ...several(wrong),
    ...several(unexpected.map(({ host, after, next }) => `${host}: frame ${next} came after frame ${after}`)),
  ]
}

/** The first of them, and how many more there are. */
const several = (texts: readonly string[]): string[] =>
  texts.length < 2 ? [...texts] : [`${texts[0]} (and ${texts.length - 1} more)`]

/** What programs did that they must not: exits, lines that nobody can understand, memory. */
function faultsOfPrograms({ members, former }: Cluster): string[] {
  return [...members, ...former].flatMap((member) => {
    const { name, program, faults } = member
    const memory = residentMiB(program.pid)
    return [
      ...faults,
      ...member.runs.flatMap((run) => untold(run.output())).map((line) => `${name} printed ${line}`),
      ...(memory > memoryMiBMax ? [`${name} holds ${Math.round(memory)} MiB`] : []),
    ]
  })
}

/** Waits until no program holds the descriptors of listeners who have left. Returns those that do. */
export async function descriptorsLeft({ members }: Cluster): Promise<string[]> {
  const held = () =>
    members.flatMap(({ name, program }) => {
      const count = descriptorsOf(program.pid)
      return count > ownDescriptorsMax ? [`${name} holds ${count} descriptors without a listener`] : []
    })
  await eventually(() => held().length === 0, { withinMs: 30_000 }).catch(() => undefined)
  return held()
}

import { eventually } from '../../kit/base/eventually.ts'
import { serversAt } from '../../kit/cluster/cluster.ts'
import type { Cluster } from './cluster.ts'
import { descriptorsOf, residentMiB } from './held.ts'
import type { Audience } from './people/audience.ts'
import { unexpected } from './people/judge.ts'
import { untold } from './told.ts'

/** MiB that a program holds at most with some hundred listeners: three times what it does without a fault */
const memoryMiBMax = 400
/** descriptors of a program that has no listener: its own, and the connections between programs */
const ownDescriptorsMax = 60

/** Waits until the cluster is whole: each server in the draw, each listener heard and counted. Nothing else may have happened. */
export async function isWhole(cluster: Cluster): Promise<void> {
  const { audience, edge } = cluster
  const sinceMs = Date.now()
  await eventually(async () => {
    const known = await serversAt(edge)
    const sinceS = (Date.now() - sinceMs) / 1000
    for (const { url, name } of cluster.servers) {
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
    const { present, left } = audience.look()
    for (const { url, name, address } of cluster.servers) {
      const reported = known.find(({ urls }) => urls.includes(url))?.listeners
      const there = present[address] ?? 0
      const lately = left[address] ?? 0
      // the relay of a stock Icecast shows no credentials, so it is a listener of the master
      const relays = cluster.stock && name === cluster.master.name ? 1 : 0
      if (reported === undefined || reported < there || reported > there + lately + relays)
        throw new Error(
          `${name} has ${there} listeners, ${lately} by HLS have left it lately, and the edge counts ${reported}`,
        )
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
type Witnessed = Pick<Cluster, 'gapsAllowed' | 'servers' | 'former' | 'sentTimes' | 'waits'> & {
  audience: Pick<Audience, 'redirects' | 'breaks' | 'silences' | 'faults'> | undefined
}

/** What the listeners saw that must not be. */
export function faultsOfListening({
  audience,
  gapsAllowed,
  servers,
  former,
  sentTimes,
  waits,
}: Witnessed): string[] {
  if (!audience) return []
  const outs = [...servers, ...former].flatMap(({ outs }) => outs)
  const wrong = audience.redirects.flatMap(([askedMs, to, answeredMs]) => {
    // a request that a bad line held until the server was back may have been answered by what came with it
    const out = outs.find(
      ({ host, fromMs, untilMs }) => host === to && askedMs > fromMs && answeredMs < untilMs,
    )
    return out ? [`redirected to ${to} ${askedMs - out.fromMs} ms after its deadline (${out.why})`] : []
  })
  const { breaks, silences } = unexpected(
    audience,
    gapsAllowed,
    (n) => sentTimes.at(n),
    (fromMs, toMs) => waits.longest(fromMs, toMs),
  )
  return [
    ...several(audience.faults),
    ...several(wrong),
    ...several(
      breaks.map(
        ({ host, after, next, isHls, what }) =>
          what ?? `${host}${isHls ? ' by HLS' : ''}: frame ${next} came after frame ${after}`,
      ),
    ),
    ...several(
      silences.map(
        ({ host, forMs, fromMs, fullMs }) =>
          `${host} by HLS: ${forMs} ms without audio, ${fromMs - fullMs} ms after its buffer was full enough`,
      ),
    ),
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

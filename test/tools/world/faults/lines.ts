import type { Cluster } from '../cluster.ts'
import { objectHost } from '../parts/workers.ts'
import { type Begin, type Fault, oneOf } from './fault.ts'

/** Cuts lines; returns what mends them all. */
function cutAll(cluster: Cluster, lines: readonly (readonly [from: string, to: string])[]): () => void {
  const mends = lines.map(([from, to]) => cluster.world.network.cut(from, to))
  return () => {
    for (const mend of mends) mend()
  }
}

/** All hosts, the objects of edges on Workers among them. */
const hostsOf = ({ sites }: Cluster) =>
  [...sites.values()].flatMap(({ host, plan }) =>
    plan.kind === 'workers' ? [host, objectHost(host)] : [host],
  )

function pairOf(cluster: Cluster, { who, other }: Fault): readonly [string, string] | undefined {
  const hosts = hostsOf(cluster)
  const one = oneOf(hosts, who)
  const two = oneOf(
    hosts.filter((host) => host !== one),
    other,
  )
  return one !== undefined && two !== undefined ? [one, two] : undefined
}

const cut: Begin = (cluster, fault) => {
  const pair = pairOf(cluster, fault)
  if (!pair) return undefined
  const [one, two] = pair
  const end = cutAll(cluster, [
    [one, two],
    [two, one],
  ])
  return { story: `the line between ${one} and ${two} is cut`, end }
}

const cutOneWay: Begin = (cluster, fault) => {
  const pair = pairOf(cluster, fault)
  if (!pair) return undefined
  return { story: `nothing that ${pair[0]} sends arrives at ${pair[1]}`, end: cutAll(cluster, [pair]) }
}

/** Cuts every line between two groups of hosts. */
function part(cluster: Cluster, here: readonly string[], there: readonly string[]): () => void {
  const lines = here.flatMap((one) => there.flatMap((two) => [[one, two] as const, [two, one] as const]))
  return cutAll(cluster, lines)
}

const cutOff: Begin = (cluster, { who }) => {
  const hosts = hostsOf(cluster)
  const alone = oneOf(hosts, who)
  if (alone === undefined) return undefined
  const others = hosts.filter((host) => host !== alone)
  return { story: `${alone} is cut off from all others`, end: part(cluster, [alone], others) }
}

const halves: Begin = (cluster, { who }) => {
  const hosts = hostsOf(cluster)
  const here = hosts.filter((_, i) => Math.floor(who * 2 ** hosts.length) & (1 << i))
  const there = hosts.filter((host) => !here.includes(host))
  if (here.length === 0 || there.length === 0) return undefined
  return {
    story: `the network falls in two: ${here.join(', ')} | ${there.join(', ')}`,
    end: part(cluster, here, there),
  }
}

/** A property of the lines of one host, for a while. */
const trouble =
  (
    of: 'slowMs' | 'flaky' | 'doubling',
    strengthOf: (size: number) => number,
    tell: (value: number) => string,
  ): Begin =>
  (cluster, { who, size }) => {
    const host = oneOf(hostsOf(cluster), who)
    if (host === undefined) return undefined
    const lines = cluster.world.network[of]
    const value = strengthOf(size)
    lines.set(host, value)
    return { story: `${host}: ${tell(value)}`, end: () => lines.delete(host) }
  }

const percent = (share: number) => `${Math.round(share * 100)} %`

/** What happens to the lines between machines. */
export const lineFaults: Record<string, Begin> = {
  cut,
  'cut one way': cutOneWay,
  'cut off': cutOff,
  halves,
  slow: trouble(
    'slowMs',
    (size) => 200 + size ** 3 * 15_000,
    (ms) => `its lines delay and reorder by up to ${Math.round(ms)} ms`,
  ),
  flaky: trouble(
    'flaky',
    (size) => 0.05 + size * 0.5,
    (share) => `its lines lose ${percent(share)} of all connections`,
  ),
  doubling: trouble(
    'doubling',
    (size) => 0.2 + size * 0.8,
    (share) => `${percent(share)} of the requests to it arrive twice`,
  ),
}

import type { ClusterEvent } from '../cluster/watch/event.ts'
import { liveMounts, type Moment, type MountLive, type MountThen, momentOf } from '../draw/moment.ts'
import { isHeld, isLive, type Server } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import { jsonArray, jsonElements, jsonObject, type SliceStep, wholeOf } from '../http/slices.ts'
import type { AboutMount } from '../report/about-mount.ts'
import type { Report } from '../report/report.ts'
import { version } from '../version.ts'
import type { ClusterJson, ClusterMountJson, ClusterServerJson, ClusterTotals, Seen } from './cluster-json.ts'
import {
  carrierIds,
  describeServer,
  liveOf,
  type ServerJson,
  type Surroundings,
  sumSteps,
  surroundingSteps,
} from './json.ts'
import { problemSteps } from './problems.ts'

/** What an answer shows besides the cluster. */
export interface ClusterShown {
  seen: Seen
  events: readonly ClusterEvent[]
  /** since 1970 by the wall clock */
  atMs: number
  isHttps: boolean
}

/** The whole answer. @param atMs since 1970 by the wall clock */
export function clusterJson(
  view: View,
  seen: Seen,
  events: readonly ClusterEvent[],
  nowMs: number,
  atMs: number,
  isHttps: boolean,
): ClusterJson {
  const steps = clusterSteps(momentOf(view, nowMs), { seen, events, atMs, isHttps })
  const { mounts, ...rest } = wholeOf(steps)
  return {
    ...rest,
    mounts: mounts.map((mount) => ({
      ...mount.head,
      servers: Object.fromEntries(listenersAt(mount.known)),
      ...mount.tail,
    })),
  }
}

/** The whole answer as JSON, in steps. */
export function* clusterText(moment: Moment, shown: ClusterShown): Generator<SliceStep, void> {
  const { servers, mounts, perMinute, problems, events, ...first } = yield* clusterSteps(moment, shown)
  yield `${JSON.stringify(first).slice(0, -1)},"servers":`
  yield* jsonArray(servers, (server) => server.mounts.length)
  yield ',"mounts":'
  yield* jsonElements(mounts, function* ({ head, known, tail }, before) {
    yield `${before}${JSON.stringify(head).slice(0, -1)},"servers":`
    yield* jsonObject(listenersAt(known))
    yield `,${JSON.stringify(tail).slice(1)}`
  })
  yield `,${JSON.stringify({ perMinute, problems, events }).slice(1)}`
}

/** A mount whose servers are not listed yet: there may be ten thousand. */
interface DescribedMount {
  head: Omit<ClusterMountJson, 'servers' | 'countries'>
  known: MountLive
  tail: Pick<ClusterMountJson, 'countries'>
}

type Described = Omit<ClusterJson, 'mounts'> & { mounts: DescribedMount[] }

function* clusterSteps(moment: Moment, shown: ClusterShown): Generator<SliceStep, Described> {
  const { seen, events, atMs, isHttps } = shown
  const { perMinute } = seen
  yield moment.servers.length // the moment itself has been a piece of work
  const servers: ClusterServerJson[] = []
  const sums = new ServerSums()
  let held = 0
  const around = yield* surroundingSteps(moment, isHttps)
  for (const server of moment.servers) {
    const described = clusterServer(server, around, seen)
    servers.push(described)
    sums.add(described, isLive(server, moment.nowMs))
    if (isHeld(server, moment.nowMs)) held++
    yield server.report.mounts.length
  }
  const live = yield* liveMounts(moment)
  const mounts: DescribedMount[] = []
  for (const [then, known] of liveOf(moment, live)) {
    mounts.push(yield* describeMount(then, known, seen))
  }
  const totals = sums.of(mounts.length)
  const offAir = moment.mounts.filter(({ isOffAir }) => isOffAir).map(({ mount }) => mount)
  const carried = mounts.map(({ head: { mount, hasMaster }, known }) => {
    return { mount, hasMaster, ids: () => carrierIds(known) }
  })
  const problems = yield* problemSteps({ servers, mounts: carried, offAir, totals, perMinute, held })
  return {
    at: new Date(atMs).toISOString(),
    version,
    totals,
    servers,
    mounts,
    perMinute,
    problems,
    events: events.map(({ at, ...event }) => ({ at: new Date(at).toISOString(), ...event })),
  }
}

/** The sums over servers, added up one after the other. */
class ServerSums {
  readonly #sums = { listeners: 0, maxListeners: 0, free: 0, bandwidth: 0, serversIn: 0, serversOut: 0 }
  #saysBandwidth = false

  add({ listeners, maxListeners, free, bandwidth, out }: ClusterServerJson, isAlive: boolean): void {
    const sums = this.#sums
    if (isAlive) {
      sums.listeners += listeners
      sums.maxListeners += maxListeners
      sums.bandwidth += bandwidth ?? 0
      if (bandwidth !== null) this.#saysBandwidth = true
    }
    if (out === null) {
      sums.serversIn++
      sums.free += free
    } else sums.serversOut++
  }

  of(mounts: number): ClusterTotals {
    const { listeners, maxListeners, bandwidth, ...rest } = this.#sums
    return {
      listeners,
      maxListeners,
      ...rest,
      bandwidth: this.#saysBandwidth ? bandwidth : null,
      utilisation: maxListeners === 0 ? null : listeners / maxListeners,
      mounts,
    }
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

function clusterServer(server: Server, around: Surroundings, seen: Seen): ClusterServerJson {
  const json = describeServer(server, around)
  const { joinsPerMinute = null, version = null, clockOffsetSeconds = null } = seen.serverOf(json.id) ?? {}
  return {
    ...json,
    location: server.location ?? null,
    joinsPerMinute,
    utilisation: utilisationOf(json),
    hlsShare: hlsShareOf(server.report),
    version,
    clockOffsetSeconds,
  }
}

/** Only our origins, from 0.1 on, report how many listen by HLS. */
function hlsShareOf(report: Report): number | null {
  if (report.hlsListeners === undefined) return null
  return report.listeners === 0 ? 0 : Math.min(1, report.hlsListeners / report.listeners)
}

function utilisationOf({ listeners, maxListeners, bandwidth, maxBandwidth }: ServerJson): number {
  const slots = maxListeners === 0 ? 0 : listeners / maxListeners
  const line = bandwidth !== null && maxBandwidth ? bandwidth / maxBandwidth : 0
  return Math.max(slots, line)
}

function* describeMount(then: MountThen, known: MountLive, seen: Seen): Generator<SliceStep, DescribedMount> {
  const { mount, isPrivate, listenerPeak } = then
  const { contentType, bitrate, listeners } = yield* sumSteps(known)
  return {
    head: {
      mount,
      ...knownOf(known.about),
      hidden: isPrivate,
      contentType,
      bitrate,
      listeners,
      peak: Math.max(listenerPeak, listeners),
      hasMaster: known.master !== undefined,
    },
    known,
    tail: { countries: shares(seen.countries[mount] ?? {}, listeners) },
  }
}

/** The listeners of a mount by server id; those that carry the mounts of all masters do not say how many. */
function* listenersAt({ live, everywhere }: MountLive): Iterable<[string, number]> {
  const ids = new Set(everywhere)
  for (let i = 0; i < live.size; i++) {
    const id = live.serverAt(i)?.report.id
    if (id === undefined) continue
    ids.delete(id)
    yield [id, live.reportAt(i)?.listeners ?? 0]
  }
  for (const id of ids) yield [id, 0]
}

const knownOf = (about: AboutMount | undefined) => ({
  title: about?.title ?? null,
  artist: about?.artist ?? null,
  name: about?.name ?? null,
  since: about?.since ?? null,
})

/** Divides `whole` in proportion to `parts`, into integers that add up to it: the largest remainders are rounded up. */
export function shares(parts: Readonly<Record<string, number>>, whole: number): Record<string, number> {
  const total = sum(Object.values(parts))
  if (total <= 0) return {}
  const exact = Object.entries(parts).map(([name, part]) => [name, (whole * part) / total] as const)
  let left = whole - sum(exact.map(([, share]) => Math.floor(share)))
  const ranked = [...exact].sort(([a, x], [b, y]) => (y % 1) - (x % 1) || (a < b ? -1 : 1))
  const result: Record<string, number> = {}
  for (const [name, share] of ranked) result[name] = Math.floor(share) + (left-- > 0 ? 1 : 0)
  return Object.fromEntries(Object.entries(result).filter(([, share]) => share > 0))
}

import type { ClusterEvent } from '../cluster/watch/event.ts'
import { liveMounts, type Moment, type MountLive, type MountThen, momentOf } from '../draw/moment.ts'
import { isHeld, isLive } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import { jsonArray, type SliceStep, wholeOf } from '../http/slices.ts'
import type { AboutMount } from '../report/about-mount.ts'
import type { Report } from '../report/report.ts'
import { version } from '../version.ts'
import type { ClusterJson, ClusterMountJson, ClusterServerJson, ClusterTotals, Seen } from './cluster-json.ts'
import { mountJson, type ServerJson, serverSteps } from './json.ts'
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
export const clusterJson = (
  view: View,
  seen: Seen,
  events: readonly ClusterEvent[],
  nowMs: number,
  atMs: number,
  isHttps: boolean,
): ClusterJson => wholeOf(clusterSteps(momentOf(view, nowMs), { seen, events, atMs, isHttps }))

/** The whole answer as JSON, in steps. */
export function* clusterText(moment: Moment, shown: ClusterShown): Generator<SliceStep, void> {
  const { servers, mounts, perMinute, problems, events, ...first } = yield* clusterSteps(moment, shown)
  yield `${JSON.stringify(first).slice(0, -1)},"servers":`
  yield* jsonArray(servers, (server) => server.mounts.length)
  yield ',"mounts":'
  yield* jsonArray(mounts, (mount) => Object.keys(mount.servers).length)
  yield `,${JSON.stringify({ perMinute, problems, events }).slice(1)}`
}

function* clusterSteps(moment: Moment, shown: ClusterShown): Generator<SliceStep, ClusterJson> {
  const { seen, events, atMs, isHttps } = shown
  const { perMinute } = seen
  yield moment.servers.length // the moment itself has been a piece of work
  const servers: ClusterServerJson[] = []
  for (const server of serverSteps(moment, isHttps)) {
    servers.push(clusterServer(server, moment, seen))
    yield server.mounts.length
  }
  const live = yield* liveMounts(moment)
  const mounts: ClusterMountJson[] = []
  for (const then of moment.mounts) {
    const known = live.get(then.mount)
    if (!known) continue
    mounts.push(clusterMount(then, known, seen))
    yield known.live.length
  }
  const totals = totalsOf(moment, servers, mounts.length)
  const held = moment.servers.filter((server) => isHeld(server, moment.nowMs)).length
  yield servers.length
  const offAir = moment.mounts.filter(({ isOffAir }) => isOffAir).map(({ mount }) => mount)
  const problems = yield* problemSteps({ servers, mounts, offAir, totals, perMinute, held })
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

function totalsOf(
  { byId, nowMs }: Moment,
  servers: readonly ClusterServerJson[],
  mounts: number,
): ClusterTotals {
  const live = servers.filter(({ id }) => {
    const server = byId.get(id)
    return server !== undefined && isLive(server, nowMs)
  })
  const getting = servers.filter(({ out }) => out === null)
  const rates = live.flatMap(({ bandwidth }) => bandwidth ?? [])
  const listeners = sum(live.map((server) => server.listeners))
  const maxListeners = sum(live.map((server) => server.maxListeners))
  return {
    listeners,
    maxListeners,
    free: sum(getting.map(({ free }) => free)),
    bandwidth: rates.length === 0 ? null : sum(rates),
    utilisation: maxListeners === 0 ? null : listeners / maxListeners,
    serversIn: getting.length,
    serversOut: servers.length - getting.length,
    mounts,
  }
}

const sum = (numbers: readonly number[]) => numbers.reduce((total, each) => total + each, 0)

function clusterServer(json: ServerJson, { byId }: Moment, { servers }: Seen): ClusterServerJson {
  const seen = servers[json.id]
  const server = byId.get(json.id)
  return {
    ...json,
    location: server?.location ?? null,
    joinsPerMinute: seen?.joinsPerMinute ?? null,
    utilisation: utilisationOf(json),
    hlsShare: hlsShareOf(server?.report),
    version: seen?.version ?? null,
    clockOffsetSeconds: seen?.clockOffsetSeconds ?? null,
  }
}

/** Only our origins, from 0.1 on, report how many listen by HLS. */
function hlsShareOf(report: Report | undefined): number | null {
  if (report?.hlsListeners === undefined) return null
  return report.listeners === 0 ? 0 : Math.min(1, report.hlsListeners / report.listeners)
}

function utilisationOf({ listeners, maxListeners, bandwidth, maxBandwidth }: ServerJson): number {
  const slots = maxListeners === 0 ? 0 : listeners / maxListeners
  const line = bandwidth !== null && maxBandwidth ? bandwidth / maxBandwidth : 0
  return Math.max(slots, line)
}

function clusterMount(then: MountThen, known: MountLive, seen: Seen): ClusterMountJson {
  const { mount, isPrivate, listenerPeak } = then
  const json = mountJson(mount, known)
  const servers: Record<string, number> = {}
  if (known.everywhere.length > 0) for (const id of json.servers) servers[id] = 0
  for (const { server, mount: said } of known.live) servers[server.report.id] = said.listeners
  return {
    mount,
    ...knownOf(known.about),
    hidden: isPrivate,
    contentType: json.contentType,
    bitrate: json.bitrate,
    listeners: json.listeners,
    peak: Math.max(listenerPeak, json.listeners),
    hasMaster: known.master !== undefined,
    servers,
    countries: shares(seen.countries[mount] ?? {}, json.listeners),
  }
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

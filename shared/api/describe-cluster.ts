import type { ClusterEvent } from '../cluster/watch/event.ts'
import { isHeld, isLive } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import type { Mount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import type { Report } from '../report/report.ts'
import { version } from '../version.ts'
import type { ClusterJson, ClusterMountJson, ClusterServerJson, ClusterTotals, Seen } from './cluster-json.ts'
import { type MountJson, mountsJson, type ServerJson, serversJson } from './json.ts'
import { problemsOf } from './problems.ts'

/** The whole answer. @param atMs since 1970 by the wall clock */
export function clusterJson(
  view: View,
  seen: Seen,
  events: readonly ClusterEvent[],
  nowMs: number,
  atMs: number,
  isHttps: boolean,
): ClusterJson {
  const servers = serversJson(view, nowMs, isHttps).map((server) => clusterServer(server, view, seen))
  const mounts = mountsJson(view, nowMs).map((mount) => clusterMount(mount, view, seen, nowMs))
  const totals = totalsOf(view, servers, mounts.length, nowMs)
  const { perMinute } = seen
  const offAir = offAirMounts(view, mounts, nowMs)
  const held = [...view.servers.values()].filter((server) => isHeld(server, nowMs)).length
  return {
    at: new Date(atMs).toISOString(),
    version,
    totals,
    servers,
    mounts,
    perMinute,
    problems: problemsOf({ servers, mounts, offAir, totals, perMinute, held }),
    events: events.map(({ at, ...event }) => ({ at: new Date(at).toISOString(), ...event })),
  }
}

/** The mounts that were reported lately, and that no live server carries. */
function offAirMounts(view: View, mounts: readonly ClusterMountJson[], nowMs: number): Mount[] {
  const carried = new Set(mounts.map(({ mount }) => mount))
  return [...view.mounts.keys()].filter((mount) => !carried.has(mount) && view.isKnown(mount, nowMs)).sort()
}

function totalsOf(
  view: View,
  servers: readonly ClusterServerJson[],
  mounts: number,
  nowMs: number,
): ClusterTotals {
  const live = servers.filter(({ id }) => {
    const server = view.servers.get(id)
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

function clusterServer(json: ServerJson, view: View, { servers }: Seen): ClusterServerJson {
  const seen = servers[json.id]
  return {
    ...json,
    location: view.servers.get(json.id)?.location ?? null,
    joinsPerMinute: seen?.joinsPerMinute ?? null,
    utilisation: utilisationOf(json),
    hlsShare: hlsShareOf(view.servers.get(json.id)?.report),
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

function clusterMount(json: MountJson, view: View, seen: Seen, nowMs: number): ClusterMountJson {
  const entry = view.mounts.get(json.mount)
  const about = view.about(json.mount, nowMs)
  return {
    mount: json.mount,
    ...knownOf(about),
    hidden: entry?.isPrivate ?? false,
    contentType: json.contentType,
    bitrate: json.bitrate,
    listeners: json.listeners,
    peak: Math.max(entry?.listenerPeak ?? 0, json.listeners),
    hasMaster: view.master(json.mount, nowMs) !== undefined,
    servers: Object.fromEntries(
      json.servers.map((id) => [id, entry?.carriers.get(id)?.mount.listeners ?? 0]),
    ),
    countries: shares(seen.countries[json.mount] ?? {}, json.listeners),
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

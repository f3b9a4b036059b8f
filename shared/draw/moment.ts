import type { SliceStep } from '../http/slices.ts'
import type { Mount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import type { MountReport } from '../report/report.ts'
import type { MountOnAir } from './mounts/on-air.ts'
import { isLive, type Server } from './server.ts'
import type { View } from './view.ts'

/**
 * A cluster at one moment, of which a long answer is made in slices while reports go on to come in: a report replaces the server that
 * a view holds, so those that are kept here stay as they were.
 */
export interface Moment {
  readonly nowMs: number
  /** by id, with their debits of that moment */
  readonly servers: readonly Server[]
  readonly byId: ReadonlyMap<string, Server>
  /** the mounts that are known, by name */
  readonly mounts: readonly MountThen[]
  readonly maxListenersDefault: number
  /** whether a listener has come by https */
  readonly isAskedByHttps: boolean
}

/** What is known of a mount apart from its servers. */
export interface MountThen {
  readonly mount: Mount
  readonly listenerPeak: number
  readonly isPrivate: boolean
  /** undefined: no live server carries it */
  readonly onAir: MountOnAir | undefined
  /** it was reported lately, and no live server carries it */
  readonly isOffAir: boolean
  readonly hasMaster: boolean
}

/** A mount and those that carry it at a moment. */
export interface MountLive {
  /** the live ones, by id; of those that follow its masters only if a master is live */
  readonly live: readonly { server: Server; mount: MountReport }[]
  /** the live master that relays are sent to: the first by id */
  readonly master: Server | undefined
  /** ids of live servers that carry the mounts of all masters, this one's too */
  readonly everywhere: readonly string[]
  readonly about: AboutMount | undefined
}

export function momentOf(view: View, nowMs: number): Moment {
  const servers = [...view.servers.values()].sort(byId).map((server) => ({ ...server }))
  const mounts: MountThen[] = []
  for (const [mount, { listenerPeak, isPrivate }] of view.mounts) {
    const onAir = view.onAir(mount, nowMs)
    const isOffAir = onAir === undefined && view.isKnown(mount, nowMs)
    const hasMaster = view.master(mount, nowMs) !== undefined
    mounts.push({ mount, listenerPeak, isPrivate, onAir, isOffAir, hasMaster })
  }
  return {
    nowMs,
    servers,
    byId: new Map(servers.map((server) => [server.report.id, server])),
    mounts: mounts.sort((a, b) => (a.mount < b.mount ? -1 : 1)),
    maxListenersDefault: view.maxListenersDefault,
    isAskedByHttps: view.isAskedByHttps,
  }
}

const byId = (a: Server, b: Server) => (a.report.id < b.report.id ? -1 : 1)

/** One mount while its servers are gathered. */
interface Gathering {
  reporters: { server: Server; mount: MountReport }[]
  followers: { server: Server; mount: MountReport }[]
  master: { server: Server; mount: MountReport } | undefined
}

/** The mounts that live servers carry, with these; a step for each server. */
export function* liveMounts({ servers, nowMs }: Moment): Generator<SliceStep, ReadonlyMap<Mount, MountLive>> {
  const gathered = new Map<Mount, Gathering>()
  const everywhere: string[] = []
  for (const server of servers) {
    yield server.report.mounts.length
    if (!isLive(server, nowMs)) continue
    if (server.carriesAll) everywhere.push(server.report.id)
    for (const mount of server.report.mounts) gather(gathered, server, mount)
  }
  const mounts = new Map<Mount, MountLive>()
  for (const [mount, each] of gathered) {
    const known = mountLive(each, everywhere)
    if (known) mounts.set(mount, known)
    yield each.followers.length
  }
  return mounts
}

function gather(all: Map<Mount, Gathering>, server: Server, mount: MountReport): void {
  let known = all.get(mount.mount)
  if (!known) {
    known = { reporters: [], followers: [], master: undefined }
    all.set(mount.mount, known)
  }
  const carrier = { server, mount }
  if (server.polled) known.followers.push(carrier)
  else known.reporters.push(carrier)
  if (server.report.role === 'master') known.master ??= carrier
}

function mountLive(
  { reporters, followers, master }: Gathering,
  everywhere: readonly string[],
): MountLive | undefined {
  const live = !master ? reporters : followers.length === 0 ? reporters : [...reporters, ...followers]
  if (live.length === 0) return undefined
  if (live !== reporters) live.sort((a, b) => byId(a.server, b.server))
  return {
    live,
    master: master?.server,
    everywhere: master ? everywhere : [],
    about: master?.mount.about ?? followers.find(({ mount }) => mount.about)?.mount.about,
  }
}

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
  readonly live: LiveCarriers
  /** the live master that relays are sent to: the first by id */
  readonly master: Server | undefined
  /** ids of live servers that carry the mounts of all masters, this one's too */
  readonly everywhere: readonly string[]
  readonly about: AboutMount | undefined
}

/**
 * Servers, and at the same index what each reports of a mount. Not an object for each: ten thousand servers with a hundred mounts
 * would be a million for one answer.
 */
export interface LiveCarriers {
  readonly servers: readonly Server[]
  readonly reports: readonly MountReport[]
}

export function momentOf(view: View, nowMs: number): Moment {
  const servers = Array.from(view.sorted(), (server) => ({ ...server }))
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
    mounts: mounts.sort((a, b) => (a.mount < b.mount ? -1 : 1)),
    maxListenersDefault: view.maxListenersDefault,
    isAskedByHttps: view.isAskedByHttps,
  }
}

/** A mount while its servers are gathered. */
interface Gathering {
  reporters: GatheredCarriers
  followers: GatheredCarriers
  master: { server: Server; about: AboutMount | undefined } | undefined
}

interface GatheredCarriers extends LiveCarriers {
  servers: Server[]
  reports: MountReport[]
}

const empty = (): GatheredCarriers => ({ servers: [], reports: [] })

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
    yield each.followers.servers.length
  }
  return mounts
}

function gather(all: Map<Mount, Gathering>, server: Server, report: MountReport): void {
  let known = all.get(report.mount)
  if (!known) {
    known = { reporters: empty(), followers: empty(), master: undefined }
    all.set(report.mount, known)
  }
  const { servers, reports } = server.polled ? known.followers : known.reporters
  servers.push(server)
  reports.push(report)
  if (server.report.role === 'master') known.master ??= { server, about: report.about }
}

function mountLive(
  { reporters, followers, master }: Gathering,
  everywhere: readonly string[],
): MountLive | undefined {
  const live = master ? merged(reporters, followers) : reporters
  if (live.servers.length === 0) return undefined
  return {
    live,
    master: master?.server,
    everywhere: master ? everywhere : [],
    about: master?.about ?? followers.reports.find(({ about }) => about)?.about,
  }
}

/** Both by id, where each is by id. */
function merged(one: LiveCarriers, other: LiveCarriers): LiveCarriers {
  if (other.servers.length === 0) return one
  const both = empty()
  let at = 0
  const take = ({ servers, reports }: LiveCarriers, i: number) => {
    const [server, report] = [servers[i], reports[i]]
    if (!server || !report) return
    both.servers.push(server)
    both.reports.push(report)
  }
  for (const [i, { report }] of one.servers.entries()) {
    for (; idAt(other, at) < report.id; at++) take(other, at)
    take(one, i)
  }
  for (; at < other.servers.length; at++) take(other, at)
  return both
}

/** Higher than every id, after the last. */
const idAt = ({ servers }: LiveCarriers, i: number): string => servers[i]?.report.id ?? '\uffff'

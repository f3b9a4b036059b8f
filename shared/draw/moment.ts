import type { SliceStep } from '../http/slices.ts'
import type { Mount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import { nameAt } from '../report/mount-list.ts'
import { LiveCarriers } from './live-carriers.ts'
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
  /** how many servers carry it, live or not */
  readonly carriers: number
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

export function momentOf(view: View, nowMs: number): Moment {
  const servers = view.sorted.map(({ server }) => copyOf(server))
  const mounts: MountThen[] = []
  for (const [mount, { listenerPeak, isPrivate, carriers }] of view.mounts) {
    const onAir = view.onAir(mount, nowMs)
    const isOffAir = onAir === undefined && view.isKnown(mount, nowMs)
    const hasMaster = view.master(mount, nowMs) !== undefined
    mounts.push({ mount, listenerPeak, isPrivate, carriers: carriers.size, onAir, isOffAir, hasMaster })
  }
  return {
    nowMs,
    servers,
    mounts: mounts.sort((a, b) => (a.mount < b.mount ? -1 : 1)),
    maxListenersDefault: view.maxListenersDefault,
    isAskedByHttps: view.isAskedByHttps,
  }
}

/**
 * A server as of now: only its debit and what it is held for change in place. Field by field, since ten thousand are copied in one
 * turn: a spread takes several times as long on Bun.
 */
const copyOf = (server: Server): Server => ({
  factor: server.factor,
  debit: server.debit,
  debitKbps: server.debitKbps,
  heldUntilMs: server.heldUntilMs,
  report: server.report,
  receivedAtMs: server.receivedAtMs,
  drained: server.drained,
  carriesAll: server.carriesAll,
  polled: server.polled,
  reachable: server.reachable,
  unreached: server.unreached,
  formerMounts: server.formerMounts,
  location: server.location,
})

/** A mount while its servers are gathered. */
interface Gathering {
  carriers: number
  /** undefined: none so far */
  reporters: LiveCarriers | undefined
  followers: LiveCarriers | undefined
  master: { server: Server; about: AboutMount | undefined } | undefined
}

/** The mounts that live servers carry, with these; a step for each server. */
export function* liveMounts({
  servers,
  mounts: known,
  nowMs,
}: Pick<Moment, 'servers' | 'mounts' | 'nowMs'>): Generator<SliceStep, ReadonlyMap<Mount, MountLive>> {
  const gathered = new Map<Mount, Gathering>()
  for (const { mount, carriers } of known)
    gathered.set(mount, { carriers, reporters: undefined, followers: undefined, master: undefined })
  const everywhere: string[] = []
  for (const [i, server] of servers.entries()) {
    yield server.report.mounts.length
    if (!isLive(server, nowMs)) continue
    if (server.carriesAll) everywhere.push(server.report.id)
    gather(gathered, servers, i)
  }
  const mounts = new Map<Mount, MountLive>()
  for (const [mount, each] of gathered) {
    const live = mountLive(each, everywhere)
    if (live) mounts.set(mount, live)
    yield each.followers?.size ?? 0
  }
  return mounts
}

/** Adds a server to each of its mounts. */
function gather(all: ReadonlyMap<Mount, Gathering>, servers: readonly Server[], index: number): void {
  const server = servers[index]
  if (!server) return
  const { mounts, role } = server.report
  for (let place = 0; place < mounts.length; place++) {
    const mount = nameAt(mounts, place)
    const known = mount === undefined ? undefined : all.get(mount)
    if (!known) continue
    const { carriers } = known
    if (server.polled) {
      known.followers ??= new LiveCarriers(servers, carriers)
      known.followers.add(index, place)
    } else {
      known.reporters ??= new LiveCarriers(servers, carriers)
      known.reporters.add(index, place)
    }
    if (role === 'master') known.master ??= { server, about: mounts.at(place)?.about }
  }
}

function mountLive(
  { reporters, followers, master }: Gathering,
  everywhere: readonly string[],
): MountLive | undefined {
  const live = master && followers ? (reporters?.with(followers) ?? followers) : reporters
  if (!live) return undefined
  return {
    live,
    master: master?.server,
    everywhere: master ? everywhere : [],
    about: master?.about ?? (followers && firstAbout(followers)),
  }
}

function firstAbout(carriers: LiveCarriers): AboutMount | undefined {
  for (let i = 0; i < carriers.size; i++) {
    const about = carriers.reportAt(i)?.about
    if (about) return about
  }
  return undefined
}

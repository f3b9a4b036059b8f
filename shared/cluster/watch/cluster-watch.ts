import type { Probed } from '../../draw/probe.ts'
import { deadlineMs, followsMasters, type Server } from '../../draw/server.ts'
import type { View } from '../../draw/view.ts'
import { limits } from '../../limits.ts'
import type { Mount } from '../../mount.ts'
import { mountChanges } from '../../report/mount-changes.ts'
import type { MountList } from '../../report/report.ts'
import type { ClusterEvent } from './event.ts'
import { gathered } from './gathered.ts'
import { type Cause, WatchedMount } from './watched-mount.ts'
import { dueAfterRestart, toldOf, WatchedServer } from './watched-server.ts'

/** The mounts that a live server carries, as they are counted. */
interface Carried {
  mounts: MountList
  isMaster: boolean
}

const nothing: Carried = { mounts: [], isMaster: false }

/**
 * Watches a cluster, and makes events of its changes (docs/api.md#events). It is told about reports, probes and operators; that a server is stale
 * it finds in {@link sweep}, which costs nothing until the earliest deadline has passed. Its own counts follow what it has
 * found, so that each change is found exactly once, whenever it is asked.
 */
export class ClusterWatch {
  readonly #view: View
  readonly #namesKeptMax: number
  readonly #servers = new Map<string, WatchedServer>()
  readonly #carried = new Map<string, Carried>()
  readonly #mounts = new Map<Mount, WatchedMount>()
  /** servers and mounts whose newest change has not been told yet */
  readonly #untold = new Set<WatchedServer | WatchedMount>()
  /** grows whenever a mount gets a master or loses one: then others may be the ones that describe it */
  #mastersChanges = 0
  /** by master: the number of {@link #mastersChanges} as all its mounts were described */
  readonly #described = new Map<string, { mounts: MountList; changes: number }>()
  /** no server is stale before this */
  #soonestMs = Number.POSITIVE_INFINITY

  /** @param namesKeptMax mounts that are gone, and that it remembers at the most */
  constructor(view: View, namesKeptMax: number = limits.namesKeptMax) {
    this.#view = view
    this.#namesKeptMax = namesKeptMax
  }

  /** Continues with the servers that were stored before a restart, given the events until then. */
  restore(events: readonly ClusterEvent[], startMs: number): void {
    const oldestMs = events[0]?.at ?? startMs
    const eventsOf = Map.groupBy(events, ({ server }) => server)
    for (const [id, server] of this.#view.servers) {
      const told = toldOf(server, eventsOf.get(id) ?? [], oldestMs, this.#view.maxListenersDefault)
      const watch = new WatchedServer(id, told)
      this.#servers.set(id, watch)
      if (watch.standing !== 'live') continue
      watch.restored(dueAfterRestart(server, startMs))
      this.#soonestMs = Math.min(this.#soonestMs, watch.dueMs)
      this.#count(id, carriedBy(server))
    }
    for (const watch of this.#mounts.values()) watch.restored()
    for (const server of this.#view.servers.values())
      if (this.#carried.get(server.report.id)?.isMaster) this.#describe(server, startMs)
  }

  /** A report was accepted, and the view has it. @param isOwn of this program itself */
  reported(server: Server, nowMs: number, isOwn = false): ClusterEvent[] {
    const { id } = server.report
    if (this.#isCrowded) this.prune(nowMs)
    const watch = this.#servers.get(id) ?? new WatchedServer(id)
    this.#servers.set(id, watch)
    const events = watch.reported(server, nowMs, this.#view.maxListenersDefault, isOwn)
    this.#soonestMs = Math.min(this.#soonestMs, watch.dueMs)
    this.#note(watch)
    const carried = watch.standing === 'live' ? carriedBy(server) : nothing
    return gathered([
      ...events,
      ...this.#carry(carried, { server: id, atMs: nowMs }, nowMs),
      ...(carried.isMaster ? this.#describe(server, nowMs) : []),
    ])
  }

  /** An operator drained or undrained a server. @param by the operator, if known */
  drained(id: string, isDrained: boolean, by: string | undefined, nowMs: number): ClusterEvent[] {
    const watch = this.#servers.get(id) ?? new WatchedServer(id)
    return watch.drained(isDrained, this.#view.servers.get(id), by, nowMs)
  }

  /** The decider connected to a server. */
  probed(id: string, probed: Probed, nowMs: number): ClusterEvent[] {
    const watch = this.#servers.get(id)
    if (!watch) return []
    const events = watch.probed(probed, nowMs)
    this.#note(watch)
    return events
  }

  /** The decider has forgotten a server. @param why for people */
  forgotten(id: string, why: string, nowMs: number): ClusterEvent[] {
    const watch = this.#servers.get(id)
    if (watch) this.#untold.delete(watch)
    this.#servers.delete(id)
    this.#described.delete(id)
    const gone: ClusterEvent = { at: Math.round(nowMs), kind: 'server forgotten', server: id, detail: why }
    return gathered([gone, ...this.#carry(nothing, { server: id, atMs: nowMs }, nowMs)])
  }

  /** What has become true since the last report: servers are stale, and changes that came too often may be told. */
  sweep(nowMs: number): ClusterEvent[] {
    if (nowMs <= this.#soonestMs && this.#untold.size === 0) return []
    const events: ClusterEvent[] = []
    for (const watch of this.#untold) {
      events.push(...watch.tell(nowMs))
      this.#note(watch)
    }
    if (nowMs > this.#soonestMs) events.push(...this.#expire(nowMs))
    return gathered(events)
  }

  /** Stops watching mounts that have been gone for a while, or all that are gone if they are very many. */
  prune(nowMs: number): void {
    const isCrowded = this.#isCrowded
    for (const [mount, watch] of this.#mounts)
      if (watch.isOver && (isCrowded || nowMs - watch.sinceMs > limits.mountMemoryMs))
        this.#mounts.delete(mount)
  }

  get #isCrowded(): boolean {
    return this.#mounts.size > this.#view.mounts.size + this.#namesKeptMax
  }

  #expire(nowMs: number): ClusterEvent[] {
    for (const [id, watch] of this.#servers) {
      // the decider may keep it in since it was due
      const server = this.#view.servers.get(id)
      if (watch.dueMs < nowMs && server && deadlineMs(server) > watch.dueMs)
        watch.restored(deadlineMs(server))
    }
    const stale = [...this.#servers]
      .filter(([, watch]) => watch.dueMs < nowMs)
      .sort(([, a], [, b]) => a.dueMs - b.dueMs)
    const events = stale.flatMap(([id, watch]) => {
      const atMs = watch.dueMs
      const own = watch.expire(atMs, nowMs)
      this.#note(watch)
      return [...own, ...this.#carry(nothing, { server: id, atMs }, nowMs)]
    })
    this.#soonestMs = Number.POSITIVE_INFINITY
    for (const watch of this.#servers.values()) this.#soonestMs = Math.min(this.#soonestMs, watch.dueMs)
    return events
  }

  #note(watch: WatchedServer | WatchedMount): void {
    if (watch.isTold) this.#untold.delete(watch)
    else this.#untold.add(watch)
  }

  /** A server carries these mounts from now on, in place of those before. */
  #carry(carried: Carried, cause: Cause, nowMs: number): ClusterEvent[] {
    return this.#count(cause.server, carried).flatMap((mount) => {
      const watch = this.#mounts.get(mount)
      if (!watch) return []
      const events = watch.changed(cause, nowMs)
      this.#note(watch)
      return events
    })
  }

  /** Counts a server's mounts, and returns those whose counts have changed. */
  #count(id: string, after: Carried): Mount[] {
    const before = this.#carried.get(id) ?? nothing
    if (after.mounts.length === 0) this.#carried.delete(id)
    else this.#carried.set(id, after)
    const changes = mountChanges(before.mounts, after.mounts)
    const names: Mount[] = []
    for (const { mount, before: last, now } of changes) {
      const carriers = Number(now !== undefined) - Number(last !== undefined)
      if (carriers !== 0)
        names.push(this.#countMount(mount, carriers, (now ? after : before).isMaster ? carriers : 0))
    }
    if (before.isMaster === after.isMaster) return names
    const isNew = new Set(names)
    for (const { mount } of after.mounts)
      if (!isNew.has(mount)) names.push(this.#countMount(mount, 0, after.isMaster ? 1 : -1))
    return names
  }

  #countMount(mount: Mount, carriers: number, masters: number): Mount {
    const watch = this.#mountWatch(mount)
    watch.carriers += carriers
    watch.masters += masters
    if (masters !== 0) this.#mastersChanges++
    return mount
  }

  #mountWatch(mount: Mount): WatchedMount {
    let watch = this.#mounts.get(mount)
    if (!watch) {
      watch = new WatchedMount(mount)
      this.#mounts.set(mount, watch)
    }
    return watch
  }

  /** The titles of a master's mounts, where it is the master that relays are sent to. */
  #describe(server: Server, nowMs: number): ClusterEvent[] {
    const { id, mounts } = server.report
    const last = this.#described.get(id)
    this.#described.set(id, { mounts, changes: this.#mastersChanges })
    const before = last?.changes === this.#mastersChanges ? last.mounts : []
    return mountChanges(before, mounts).flatMap(({ mount, now }) => {
      const watch = this.#mounts.get(mount)
      if (!now || !watch || this.#view.master(mount, nowMs)?.report.id !== id) return []
      const events = watch.described(id, now.about, nowMs)
      this.#note(watch)
      return events
    })
  }
}

const carriedBy = (server: Server): Carried =>
  followsMasters(server)
    ? nothing
    : { mounts: server.report.mounts, isMaster: server.report.role === 'master' }

import { offAirMs } from '../draw/absence.ts'
import type { LiveCarriers } from '../draw/live-carriers.ts'
import { liveMounts, type Moment, type MountLive, type MountThen, momentOf } from '../draw/moment.ts'
import {
  freeOfServer,
  isHeld,
  isLive,
  leftOfServer,
  type Reason,
  type Server,
  screen,
} from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import { isPackaged } from '../hls/kinds.ts'
import { multivariantPath } from '../hls/paths.ts'
import { jsonArray, jsonElements, jsonInPieces, type SliceStep, wholeOf } from '../http/slices.ts'
import type { Mount } from '../mount.ts'
import type { AboutMount } from '../report/about-mount.ts'
import { nameAt } from '../report/mount-list.ts'
import type { MountList } from '../report/report.ts'
import { notesOf } from './notes.ts'
import { sharedUrlSteps } from './shared-urls.ts'

/** servers of a mount that are summed up in one step */
const summedAStep = 1_000

/** A server in `GET /api/servers`; unknown numbers are null, rates in kbit/s. */
export interface ServerJson {
  id: string
  role: 'slave' | 'master'
  urls: string[]
  state: 'up' | 'draining' | 'leaving'
  ageSeconds: number
  interval: number
  listeners: number
  maxListeners: number
  bandwidth: number | null
  maxBandwidth: number | null
  /** after the debit */
  free: number
  mounts: Mount[]
  /** it does not report: the decider reads its stats */
  polled: boolean
  out: Reason | null
  /** problems, for people; omitted if there are none */
  notes?: string[]
}

/** A mount in `GET /api/mounts`; `servers` are ids, `bitrate` in kbit/s. */
export interface MountJson {
  mount: Mount
  listeners: number
  servers: string[]
  contentType: string | null
  bitrate: number | null
}

/** A mount in public lists. */
export interface PublicMount extends Omit<MountJson, 'servers'> {
  /** what plays; undefined if unknown */
  about: AboutMount | undefined
  /** most concurrent listeners over all servers, since its source began */
  listenerPeak: number
  /** path of its HLS playlist; undefined: it has none */
  playlist: string | undefined
}

/** The mounts that live servers carry, except those that a master flags `hidden` or `no-mount`, by name. */
export const publicMounts = (view: View, nowMs: number): PublicMount[] =>
  [...view.mounts.keys()].sort().flatMap((mount) => publicMountOf(view, mount, nowMs) ?? [])

/** One mount of {@link publicMounts}; undefined if it is not public, or no live server carries it. */
export function publicMountOf(view: View, mount: Mount, nowMs: number): PublicMount | undefined {
  const entry = view.mounts.get(mount)
  if (!entry || entry.isPrivate) return undefined
  const known = view.onAir(mount, nowMs)
  if (!known) return undefined
  const about = view.about(mount, nowMs)
  return {
    mount,
    ...known,
    about,
    listenerPeak: Math.max(entry.listenerPeak, known.listeners),
    playlist: isPackaged(view.saidByMaster(mount, nowMs), known.contentType ?? '')
      ? multivariantPath(mount)
      : undefined,
  }
}

/** A mount that no live server carries any more. */
export interface OffAirMount {
  mount: Mount
  /** age of the last report of it */
  goneMs: number
}

/** Public mounts that were on air within the last minutes and are not now, by name. */
export const offAirMounts = (view: View, nowMs: number): OffAirMount[] =>
  [...view.mounts]
    .flatMap(([mount, { isPrivate }]) => {
      const goneMs = isPrivate || !view.isKnown(mount, nowMs) ? undefined : offAirMs(view, mount, nowMs)
      return goneMs === undefined ? [] : [{ mount, goneMs }]
    })
    .sort((a, b) => (a.mount < b.mount ? -1 : 1))

/** All servers, by id, including those that are out. */
export function serversJson(view: View, nowMs: number, isHttps = false): ServerJson[] {
  const moment = momentOf(view, nowMs)
  return [...describeServers(moment, wholeOf(surroundingSteps(moment, isHttps)))]
}

/** The same, one after the other. @param around by {@link surroundingSteps} */
export function* describeServers({ servers }: Moment, around: Surroundings): Generator<ServerJson, void> {
  for (const server of servers) yield describeServer(server, around)
}

/** What the description of a server depends on besides the server. */
export interface Surroundings extends Pick<Moment, 'nowMs' | 'maxListenersDefault'> {
  /** the decider has an https address, or a listener has used one */
  isHttps: boolean
  /** the mounts that a live master carries, by name */
  mastered: ReadonlySet<Mount>
  shared: ReadonlyMap<string, readonly string[]>
  /** those of the server that was described last */
  names: { last: Mount[] }
}

/** What the servers of a moment have around them; a step for each. @param isHttps the decider has an https address */
export function* surroundingSteps(
  { servers, nowMs, maxListenersDefault, isAskedByHttps }: Moment,
  isHttps: boolean,
): Generator<SliceStep, Surroundings> {
  const isNeeded = servers.some(({ carriesAll, polled }) => carriesAll || polled)
  const mastered = new Set(isNeeded ? masteredMounts(servers, nowMs).sort() : [])
  const shared = yield* sharedUrlSteps(servers, nowMs)
  return {
    nowMs,
    maxListenersDefault,
    isHttps: isHttps || isAskedByHttps,
    mastered,
    shared,
    names: { last: [] },
  }
}

const masteredMounts = (servers: readonly Server[], nowMs: number): Mount[] =>
  servers
    .filter((server) => server.report.role === 'master' && isLive(server, nowMs))
    .flatMap(({ report }) => report.mounts.map(({ mount }) => mount))

/** One server. @param isHttps the decider has an https address, whether or not a listener has used it */
export const serverJson = (server: Server, view: View, nowMs: number, isHttps: boolean): ServerJson =>
  describeServer(server, wholeOf(surroundingSteps(momentOf(view, nowMs), isHttps)))

export function describeServer(server: Server, around: Surroundings): ServerJson {
  const { nowMs, maxListenersDefault, isHttps, shared } = around
  const { report } = server
  const mounts = mountsOf(server, around)
  const free = freeOfServer(server, maxListenersDefault)
  const out = screen(server, free, mounts.length > 0, nowMs)
  const notes = notesOf(server, {
    out,
    isHttps,
    isHeld: isHeld(server, nowMs),
    sharedUrl: sharedUrlOf(server, shared),
  })
  return {
    id: report.id,
    role: report.role,
    urls: report.urls,
    state: report.state,
    ageSeconds: Math.max(0, Math.round((nowMs - server.receivedAtMs) / 100) / 10),
    interval: report.interval,
    listeners: report.listeners,
    maxListeners: report.maxListeners ?? maxListenersDefault,
    bandwidth: report.bandwidth ?? null,
    maxBandwidth: report.maxBandwidth ?? null,
    free: leftOfServer(server, maxListenersDefault),
    mounts,
    polled: server.polled,
    out,
    ...(notes.length > 0 && { notes }),
  }
}

/** The first url of a server that others report too. */
function sharedUrlOf({ report }: Server, shared: ReadonlyMap<string, readonly string[]>) {
  for (const url of report.urls) {
    const ids = shared.get(url)
    if (ids?.includes(report.id)) return { url, ids }
  }
  return undefined
}

/** The mounts that a server carries; if it does not report them itself, only those that a live master carries too (S6). */
function mountsOf({ report, carriesAll, polled }: Server, { mastered, names }: Surroundings): Mount[] {
  if (carriesAll) return [...mastered]
  if (polled) return report.mounts.map(({ mount }) => mount).filter((mount) => mastered.has(mount))
  const { last } = names
  const { mounts } = report
  // the servers of a fleet carry the same mounts: one array for all of them
  if (!isNamed(mounts, last)) names.last = mounts.map(({ mount }) => mount)
  return names.last
}

function isNamed(mounts: MountList, names: readonly Mount[]): boolean {
  if (names.length !== mounts.length) return false
  for (let place = 0; place < names.length; place++) if (nameAt(mounts, place) !== names[place]) return false
  return true
}

/** The mounts that live servers carry, by name; listeners summed over them. */
export function mountsJson(view: View, nowMs: number): MountJson[] {
  const moment = momentOf(view, nowMs)
  const live = liveOf(moment, wholeOf(liveMounts(moment)))
  return Array.from(live, ([{ mount }, known]) => mountJson(mount, known))
}

const mountJson = (mount: Mount, known: MountLive): MountJson => {
  const { listeners, contentType, bitrate } = wholeOf(sumSteps(known))
  return { mount, listeners, servers: [...carrierIds(known)], contentType, bitrate }
}

/** What the live servers of a mount say together; a step for some of them. */
export function* sumSteps({
  live,
}: MountLive): Generator<SliceStep, Pick<MountJson, 'listeners' | 'contentType' | 'bitrate'>> {
  let listeners = 0
  let contentType: string | null = null
  let bitrate: number | null = null
  for (let i = 0; i < live.size; i++) {
    if (i % summedAStep === 0) yield summedAStep
    const report = live.reportAt(i)
    if (!report) continue
    listeners += report.listeners
    if (report.contentType !== '') contentType ??= report.contentType
    if (report.kbps > 0) bitrate ??= report.kbps
  }
  return { listeners, contentType, bitrate }
}

/** The ids of all live servers of a mount, sorted. */
export function* carrierIds({ live, everywhere }: MountLive): Iterable<string> {
  if (everywhere.length > 0) yield* [...idsOf(live), ...everywhere].sort()
  else yield* idsOf(live)
}

function* idsOf(live: LiveCarriers): Iterable<string> {
  for (let i = 0; i < live.size; i++) {
    const server = live.serverAt(i)
    if (server) yield server.report.id
  }
}

/** All servers of a moment as JSON, in steps. */
export function* serversText(moment: Moment, isHttps: boolean): Generator<SliceStep, void> {
  yield moment.servers.length // the moment itself has been a piece of work
  const around = yield* surroundingSteps(moment, isHttps)
  yield* jsonArray(describeServers(moment, around), ({ mounts }) => mounts.length)
}

/** All mounts of a moment as JSON, in steps. */
export function* mountsText(moment: Moment): Generator<SliceStep, void> {
  yield moment.servers.length
  const live = yield* liveMounts(moment)
  yield* jsonElements(liveOf(moment, live), function* ([{ mount }, known], before) {
    const { listeners, ...rest } = yield* sumSteps(known)
    yield `${before}${JSON.stringify({ mount, listeners }).slice(0, -1)},"servers":`
    yield* jsonInPieces(carrierIds(known))
    yield `,${JSON.stringify(rest).slice(1)}`
  })
}

/** The mounts of a moment that live servers carry. @param live by {@link liveMounts} */
export function* liveOf(
  { mounts }: Moment,
  live: ReadonlyMap<Mount, MountLive>,
): Generator<[then: MountThen, known: MountLive], void> {
  for (const then of mounts) {
    const known = live.get(then.mount)
    if (known) yield [then, known]
  }
}

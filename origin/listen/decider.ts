import { Hono } from 'hono'
import type { Accounts } from '../../shared/api/auth.ts'
import { type Cluster, localCluster } from '../../shared/api/cluster.ts'
import { answerRegistration, isRegistration } from '../../shared/api/registration.ts'
import { admitReporter, type ClusterEnv, clusterApp, printAnswer } from '../../shared/api/routes.ts'
import { HlsDecider } from '../../shared/cluster/hls-decider.ts'
import type { OpenedSession } from '../../shared/cluster/open-session.ts'
import { Registry } from '../../shared/cluster/registry.ts'
import type { ServerTable } from '../../shared/cluster/server-table.ts'
import { StoreError, storeAnswer } from '../../shared/cluster/store-error.ts'
import { offAirMs, whyNoServer } from '../../shared/draw/absence.ts'
import { type PlacingDeps, placeListener } from '../../shared/draw/place-listener.ts'
import { isRelayAgent, sentBackBy } from '../../shared/draw/redirect.ts'
import type { Server } from '../../shared/draw/server.ts'
import type { AnswerKind } from '../../shared/history/counts.ts'
import { plainDoor } from '../../shared/http/login-door.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Report } from '../../shared/report/report.ts'
import type { OriginConfig } from '../config/config.ts'
import type { OriginState } from '../state.ts'
import { type ListenRefusal, type ListenRequest, noRoom, notFound, type Placement } from './placement.ts'

/** slots of a slave that does not report any: the edge's default (docs/configuration.md#the-edge-environment) */
const maxListenersDefault = 100
/** ms for which this server's own numbers may be reused if no listener came or went: only bandwidth changes then */
const ownAgeMsMax = 1000

/** A listener by HLS, as its request says. */
type Session = Parameters<HlsDecider['open']>[1]

export interface DeciderDeps {
  config: OriginConfig
  state: OriginState
  /** undefined: everything is kept in memory */
  table: ServerTable | undefined
  /** this server's own current report */
  measure: () => Report
  nowMs: () => number
  roll: () => number
}

/**
 * A master that decides by itself (S1 to S10 in one program): accepts reports as an edge does, and redirects its own
 * listeners by the same code. It is one of the candidates, with its current numbers.
 */
export class Decider {
  /** handles reports, `/api/*`, and the registration of icecast-kh slaves before the stream list */
  readonly app: Hono<ClusterEnv>
  /** its servers and their reports */
  readonly registry: Registry
  #deps: DeciderDeps
  #placing: PlacingDeps
  #hls: HlsDecider
  #ownAtMs = Number.NEGATIVE_INFINITY
  #ownCounts = ''

  constructor(deps: DeciderDeps) {
    const { config, state, table, nowMs } = deps
    this.#deps = deps
    this.registry = new Registry(table, maxListenersDefault, nowMs())
    const redirected = (server: Server, kbps: number) => this.registry.redirected(server, kbps)
    this.#placing = { config: { httpsOnly: false }, nowMs, roll: deps.roll, redirected }
    this.#hls = new HlsDecider(this.#placing, maxListenersDefault)
    state.mounts.onChange(() => this.changed())
    state.drain.onChange(() => this.changed())
    const accounts = accountsOf(config)
    const local = localCluster(this.registry, accounts, nowMs)
    const current = () => {
      this.#refresh()
      return this.registry.current(nowMs())
    }
    const accept: Cluster['accept'] = (post) => {
      this.#refresh() // this server's own id is taken, and the wish counts this server too
      return local.accept(post)
    }
    this.app = createApp({ ...local, current, fresh: current, accept }, accounts, nowMs)
  }

  /**
   * Decides which server answers a request. Relays are served here, whatever identifies them (S11). A listener sent
   * back by a slave is drawn again without that slave; one with another decider's mark is served or refused.
   * `placeHere` decides without the slaves.
   */
  place(request: ListenRequest, placeHere: () => Placement): Placement {
    const sentBack = sentBackBy(request.query)
    if (request.relayLogin || isRelayAgent(request.userAgent) || sentBack === '-') return placeHere()
    this.#refresh()
    const { mount, query, head, userAgent, range } = request
    const listener = { mount, query, head, userAgent, range, relay: false, needsRoom: true, sender: request }
    const view = this.registry.current(this.#deps.nowMs())
    const placed = placeListener(view, listener, this.#placing)
    if (placed === 'here') return placeHere()
    this.#count(placed, mount, sentBack, 'redirect')
    if (placed === 'unknown mount') return this.#standIn(sentBack, placeHere) ?? notFound
    if (placed === 'no room') return this.#standIn(sentBack, placeHere) ?? this.refusal(mount)
    return { serve: false, status: 302, location: placed.location, forRoom: false }
  }

  /** Opens a session by HLS at its slaves and itself: it is one of the servers that the session may fetch from. */
  openHls(asked: Session, opening: Parameters<HlsDecider['open']>[2]): OpenedSession {
    this.#refresh()
    const opened = this.#hls.open(this.registry.view, asked, opening)
    this.#count(opened, asked.mount, sentBackBy(asked.query), 'hls')
    return opened
  }

  /** Where a session by HLS goes on: the steering manifest for its player. */
  steerHls(asked: Session): ReturnType<HlsDecider['steer']> {
    this.#refresh()
    return this.#hls.steer(this.registry.view, asked)
  }

  /** Counts a request that is not served here, or a session. @param placed why not, or anything else */
  #count(placed: unknown, mount: Mount, sentBackBy: string | undefined, otherwise: AnswerKind): void {
    const isUnknown = placed === 'unknown mount' || placed === 'not packaged'
    const answer = isUnknown ? 'unknown_mount' : placed === 'no room' ? 'no_room' : otherwise
    const known = isUnknown ? undefined : mount
    this.registry.count({ answer, mount: known, sentBackBy, n: 1 }, this.#deps.nowMs())
  }

  /** Why no server has room: if no live server carries the mount any more, it is not full, but gone. */
  refusal(mount: Mount): ListenRefusal {
    const nowMs = this.#deps.nowMs()
    const { view } = this.registry
    const refused = offAirMs(view, mount, nowMs) === undefined ? noRoom : notFound
    // Icecast's text comes first: tools look for it
    return { ...refused, text: `${refused.text}\r\n${whyNoServer(view, mount, nowMs)}` }
  }

  /** whether an operator has drained this server by the cluster's API */
  get isDrained(): boolean {
    return this.registry.isDrained(this.#deps.config.id)
  }

  /** What plays here if no server can serve the mount: a report does not name fallbacks. */
  #standIn(sentBack: string | undefined, placeHere: () => Placement): Placement | undefined {
    if (sentBack === this.#deps.config.id || this.isDrained) return undefined
    const placement = placeHere()
    return placement.serve ? placement : undefined
  }

  /** This server's own report has changed by more than its counts. */
  changed(): void {
    this.#ownAtMs = Number.NEGATIVE_INFINITY
  }

  /** Finds what has changed without a request: mounts here, and servers that are stale; called about every second. */
  look(): void {
    this.#refresh()
    this.registry.sweep(this.#deps.nowMs())
  }

  /** Forgets servers that have been gone for a day; called periodically. */
  prune(): void {
    this.#refresh() // the history counts its own listeners also while nobody comes
    this.registry.prune(this.#deps.nowMs())
  }

  /** Updates this server's own numbers among the candidates if they have changed. */
  #refresh(): void {
    const { state, measure } = this.#deps
    const nowMs = this.#deps.nowMs()
    const counts = `${state.load.listeners} ${state.load.joins}`
    if (counts === this.#ownCounts && nowMs - this.#ownAtMs < ownAgeMsMax) return
    this.#ownCounts = counts
    this.#ownAtMs = nowMs
    this.registry.putOwn(measure(), nowMs)
  }
}

const accountsOf = ({ relayUser, relayPassword, adminUser, adminPassword }: OriginConfig): Accounts => ({
  relayUser,
  relayPasswords: relayPassword === undefined ? [] : [relayPassword],
  adminUser,
  adminPassword,
  masterPassword: undefined,
  relays: new Map(),
})

function createApp(cluster: Cluster, accounts: Accounts, nowMs: () => number): Hono<ClusterEnv> {
  const app = new Hono<ClusterEnv>()
  const door = plainDoor(nowMs)
  for (const path of ['/admin/streamlist.txt', '/admin/streams'])
    app.get(path, async (c, next) => {
      const query = new URL(c.req.url).searchParams
      if (!isRegistration(query)) return next()
      const judged = await admitReporter(c, door, accounts, 'the stream list')
      if ('refused' in judged) return printAnswer(c, judged.refused)
      return (await answerRegistration(c, cluster, judged.who, query)) ?? next()
    })
  app.route('/', clusterApp(cluster, accounts, nowMs, door))
  app.onError((error, c) => {
    if (error instanceof StoreError) return printAnswer(c, storeAnswer(error))
    throw error
  })
  return app
}

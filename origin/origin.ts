import type { Hono } from 'hono'
import type { ClusterEnv } from '../shared/api/routes.ts'
import { originApp } from './app.ts'
import type { MountAccess } from './auth/mount-access.ts'
import { WrongLogins } from './auth/wrong-logins.ts'
import type { OriginConfig } from './config/config.ts'
import { Files } from './files/serve.ts'
import { Slots } from './lib/slots.ts'
import { runtimeTimers } from './lib/timers.ts'
import { limits } from './limits.ts'
import type { Placer } from './listen/placement.ts'
import { AppBridge } from './server/app-bridge.ts'
import { HttpServer } from './server/http-server.ts'
import type { BoundPorts } from './server/listen-sockets.ts'
import type { OriginState } from './state.ts'
import { StatsFeeds } from './stats/feed.ts'
import type { StatsDeps } from './stats/tree.ts'

export interface OriginDeps {
  /** ms, a clock that does not step back */
  nowMs: () => number
  /** asked for every GET and HEAD of a mount before it is served */
  placer: Placer
  /** decides on requests to listen to a mount, to feed it, and to administrate it */
  access: MountAccess
  /** relays on demand that wait for their first listener; default: none */
  idle?: StatsDeps['idle']
  /** default: the server reports to nobody */
  deciders?: StatsDeps['deciders']
  /** routes of a master that redirects its own listeners: reports and `/api/*`; they come before the others */
  clusterApp?: Hono<ClusterEnv> | undefined
}

export interface Origin {
  /** Listens; resolves with the ports bound, or rejects where one is taken. */
  start(): Promise<BoundPorts>
  /** Reads the certificate again, for new connections. @throws where it is no good; then the old one stays */
  renewCertificate(): void
  /** Accepts no more connections; those present stay. */
  stopListening(): void
  /** Ends every connection and resolves when all are closed. */
  close(): Promise<void>
}

/**
 * Wires one server: `state` from `createState(config, nowMs)` first, then placer and relays from the state,
 * then this.
 */
export function createOrigin(config: OriginConfig, state: OriginState, deps: OriginDeps): Origin {
  const { nowMs, placer, access, clusterApp, idle = () => [], deciders = () => [] } = deps
  const stats = { config, state, idle, deciders }
  const files = new Files({
    webroot: () => (config.fileserve ? config.paths.webroot : undefined),
    onServed: () => state.load.files++,
  })
  const feeds = new StatsFeeds(stats, runtimeTimers)
  const relaySlots = new Slots(limits.relaysMax)
  const wrongLogins = new WrongLogins({ nowMs, timers: runtimeTimers })
  const serving = { config, state, nowMs, placer, access, wrongLogins, files, feeds, relaySlots }
  const bridge = new AppBridge(originApp({ ...stats, nowMs, access }, clusterApp), serving)
  return new HttpServer(serving, bridge)
}

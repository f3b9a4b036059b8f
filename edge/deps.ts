import type { Cluster } from '../shared/api/cluster.ts'
import type { HlsDecider } from '../shared/cluster/hls-decider.ts'
import type { Server } from '../shared/draw/server.ts'
import type { LoginDoor } from '../shared/http/login-door.ts'
import type { CarryingDeps } from './carrying.ts'
import type { EdgeConfig } from './config.ts'

/** Everything that differs between runtimes, and in tests. */
export interface EdgeDeps {
  config: EdgeConfig
  cluster: Cluster
  nowMs: () => number
  /** the dice: a number in [0, 1) */
  roll: () => number
  /** Counts a redirect of a listener who is on the way to this server. */
  redirected: (server: Server, kbps: number) => void
  /** how the edge gets and keeps the audio that it carries */
  carrying: CarryingDeps
  /** when this program began, for the stats */
  startedAtMs: number
}

/** The same, with the state that every edge has of its own. */
export interface MountDeps extends EdgeDeps {
  door: LoginDoor
  /** places and steers listeners by HLS */
  hls: HlsDecider
}

import type { Hono } from 'hono'
import type { ClusterEnv } from '../shared/cluster-app.ts'
import type { OriginConfig } from './config.ts'
import type { Placer } from './placement.ts'
import type { OriginState } from './state.ts'

export interface OriginDeps {
  /** ms, a clock that does not step back */
  nowMs: () => number
  /** asked for every GET and HEAD of a mount before it is served */
  placer: Placer
  /** the routes of a master that decides itself: reports and `/api/*` */
  clusterApp?: Hono<ClusterEnv> | undefined
}

export interface Origin {
  /** Listens; resolves with the ports bound, or rejects where one is taken. */
  start(): Promise<{ port: number; tlsPort: number | undefined }>
  /** Accepts no more connections; those present stay. */
  stopListening(): void
  /** Ends every connection and resolves when all are closed. */
  close(): Promise<void>
}

/**
 * Wires one server: `state` from `createState(config, nowMs)` first, then placer and relays from the state,
 * then this.
 */
export function createOrigin(_config: OriginConfig, _state: OriginState, _deps: OriginDeps): Origin {
  throw new Error('not wired yet')
}

import type { OriginConfig } from './config/config.ts'
import { Drain } from './drain.ts'
import { Load } from './load.ts'
import { Mounts } from './mount/mounts.ts'
import { runtimeTimers, type Timers } from './timers.ts'

/** What the parts of an origin share: placement and the report read it, sources, relays and the admin change it. */
export interface OriginState {
  mounts: Mounts
  load: Load
  drain: Drain
  startedAtMs: number
}

/** A server's state before anything is connected; `nowMs` is a clock in ms that does not step back. */
export function createState(
  config: Pick<OriginConfig, 'limits'>,
  nowMs: () => number,
  timers: Timers = runtimeTimers,
): OriginState {
  const load = new Load(nowMs)
  let id = 0
  const mounts = new Mounts({ config, load, nowMs, timers, nextId: () => ++id })
  return { mounts, load, drain: new Drain(), startedAtMs: nowMs() }
}

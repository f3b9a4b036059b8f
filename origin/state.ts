import type { Mount } from '../shared/mount.ts'
import type { OriginConfig } from './config/config.ts'
import { MountTable } from './config/mount-table.ts'
import { Drain } from './drain.ts'
import { runtimeTimers, type Timers } from './lib/timers.ts'
import { Load } from './load.ts'
import { Mounts } from './mount/mounts.ts'

/** What the parts of an origin share: placement and the report read it, sources, relays and the admin change it. */
export interface OriginState {
  /** drawn anew at each start of the program, unlike any other server's; told to deciders alone, who know the server by it */
  boot: string
  /** the same for everybody to see, by which a stream that comes round is known */
  viaName: string
  mounts: Mounts
  load: Load
  drain: Drain
  startedAtMs: number
  /** a number for a listener, unlike all others for as long as the program runs */
  nextId: () => number
}

/** no mount has settings of its own */
const unsaid = new MountTable({ exact: new Map(), patterns: [], fallback: undefined })

/** A server's state before anything is connected; `nowMs` is a clock in ms that does not step back. */
export function createState(
  config: Pick<OriginConfig, 'limits'> & {
    mounts?: Pick<MountTable, 'of'>
    paths?: { webroot: string | undefined }
  },
  nowMs: () => number,
  timers: Timers = runtimeTimers,
): OriginState {
  const load = new Load(nowMs)
  let id = 0
  const nextId = () => ++id
  const settings = (name: Mount) => (config.mounts ?? unsaid).of(name)
  const mounts = new Mounts({ config, settings, load, nowMs, timers, nextId })
  const names = { boot: crypto.randomUUID(), viaName: crypto.randomUUID() }
  return { ...names, mounts, load, drain: new Drain(), startedAtMs: nowMs(), nextId }
}

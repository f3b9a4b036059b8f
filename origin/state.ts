import type { Mount } from '../shared/mount.ts'
import type { OriginConfig } from './config/config.ts'
import { MountTable } from './config/mount-table.ts'
import { Drain } from './drain.ts'
import { type HlsSession, HlsSessions } from './hls/sessions.ts'
import { endExchange } from './http/exchange.ts'
import { runtimeTimers, type Timers } from './lib/timers.ts'
import { Load } from './load.ts'
import { Mounts } from './mount/mounts.ts'

/** State shared by the parts of an origin: placement and the report read it, sources, relays and the admin change it. */
export interface OriginState {
  /** random at each start of the program; only deciders learn it, and identify the server by it */
  boot: string
  /** as `boot`, but public: a relay detects by it that a stream has come back to its own server */
  viaName: string
  mounts: Mounts
  load: Load
  /** listeners by HLS; they count like the others */
  sessions: HlsSessions
  drain: Drain
  startedAtMs: number
  /** a number for a listener, unique while the program runs */
  nextId: () => number
}

/** no mount has its own settings */
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
  const sessions = new HlsSessions({
    load,
    nowMs,
    timers,
    nextId,
    maxListeners: () => config.limits.maxListeners,
    onBegin: ({ mount }) => mounts.get(mount)?.noteListeners(),
    onEnd: (session) => logVisit(session, nowMs()),
  })
  const settings = (name: Mount) => (config.mounts ?? unsaid).of(name)
  const mounts = new Mounts({ config, settings, load, nowMs, timers, nextId, sessions })
  const names = { boot: crypto.randomUUID(), viaName: crypto.randomUUID() }
  return { ...names, mounts, load, sessions, drain: new Drain(), startedAtMs: nowMs(), nextId }
}

/** A visit of a listener by HLS is one line in the access log, at its end, as if it had been one connection. */
function logVisit(session: HlsSession, nowMs: number): void {
  const { address, user, path, version, referer, userAgent: agent, beganAtMs: startedAtMs, bytes } = session
  const told = { address, user, method: 'GET', path, version, referer, agent, startedAtMs }
  endExchange({ ...told, sentBefore: 0, status: 200 }, bytes, nowMs)
}

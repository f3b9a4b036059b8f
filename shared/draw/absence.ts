import { type Mount, printMount } from '../mount.ts'
import { type MountView, reportedAtMs } from './mounts/mount-view.ts'
import { followsMasters, freeSlots, isLive, type Reason, screen } from './server.ts'
import type { View } from './view.ts'

/** servers of one mount that are looked at for a text: a crowd that is refused must not cost more than one that is redirected */
const carriersMax = 100

/** Whether no live server carries a known mount, and for how many ms none has reported it; undefined: one does. */
export function offAirMs(view: View, mount: Mount, nowMs: number): number | undefined {
  const entry = view.mounts.get(mount)
  if (!entry) return undefined
  for (const server of entry.carriers.servers())
    if (isLive(server, nowMs) && (!followsMasters(server) || view.master(mount, nowMs))) return undefined
  return Math.max(0, nowMs - reportedAtMs(entry))
}

/** `42 s`, `5 min` */
export const ageText = (ms: number): string =>
  ms < 120_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`

/**
 * Why no server gets a listener of a mount that is known, in words for the listener and the operator: it is off air, all
 * servers are full, or what else each is out for.
 */
export function whyNoServer(view: View, mount: Mount, nowMs: number): string {
  const name = printMount(mount)
  const entry = view.mounts.get(mount)
  if (!entry || entry.carriers.size > carriersMax) return `every server that carries ${name} is out or full`
  const goneMs = offAirMs(view, mount, nowMs)
  if (goneMs !== undefined)
    return `${name} is off air: no live server carries it, and the last report of it is ${ageText(goneMs)} old`
  const reasons = reasonsOf(entry, view, nowMs)
  const out = printReasons(reasons, name)
  const lacksMaster = view.master(mount, nowMs) === undefined && hasLiveMaster(view, nowMs)
  return lacksMaster ? `${name} is off air: no master carries it; ${out}` : out
}

/** How many servers are out for each reason; `null`: open, but not for this listener. */
function reasonsOf({ carriers }: MountView, view: View, nowMs: number): Map<Reason | null, number> {
  const reasons = new Map<Reason | null, number>()
  for (const { server, mount } of carriers.values()) {
    const carries = !followsMasters(server) || view.master(mount.mount, nowMs) !== undefined
    const reason = screen(server, freeSlots(server.report, mount, view.maxListenersDefault), carries, nowMs)
    reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
  }
  return reasons
}

function printReasons(reasons: Map<Reason | null, number>, name: string): string {
  const servers = [...reasons.values()].reduce((sum, n) => sum + n, 0)
  if (reasons.get('full') === servers)
    return servers === 1
      ? `the server that carries ${name} is full`
      : `all ${servers} servers that carry ${name} are full`
  const parts = [...reasons].map(([reason, n]) => `${n} ${reason ?? 'open, but not for this listener'}`)
  return `no server that carries ${name} can take this listener: ${parts.join(', ')}`
}

function hasLiveMaster(view: View, nowMs: number): boolean {
  let looked = 0
  for (const server of view.servers.values()) {
    if (server.report.role === 'master' && isLive(server, nowMs)) return true
    if (++looked >= carriersMax) return false
  }
  return false
}

import { decide } from '../../../shared/draw/decide.ts'
import type { Server } from '../../../shared/draw/server.ts'
import { View } from '../../../shared/draw/view.ts'
import type { Report } from '../../../shared/report/report.ts'
import { mountOf, seededRoll, serverOf } from './reports.ts'

export const live = mountOf('/live.mp3')
export const viewOf = (...servers: Server[]) => {
  const view = new View(100)
  for (const server of servers) view.put(server)
  return view
}
export const policy = { httpsOnly: false }
export const asked = { mount: live, secure: false, relay: false }
export const withSlots = (
  id: string,
  maxListeners: number,
  over: Partial<Report> = {},
  held: Partial<Server> = {},
) => serverOf(id, { maxListeners, ...over }, held)

/** How often each server is drawn in `n` draws. */
export function draws(view: View, n: number, seed: number, ask: Parameters<typeof decide>[1] = asked) {
  const roll = seededRoll(seed)
  const counts = new Map<string, number>()
  for (let i = 0; i < n; i++) {
    const decision = decide(view, ask, 0, roll, policy)
    const id = typeof decision === 'string' ? decision : decision.server.report.id
    counts.set(id, (counts.get(id) ?? 0) + 1)
  }
  return counts
}

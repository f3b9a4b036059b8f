import type { AboutMount } from '../../report/about-mount.ts'
import { isLive, type Server } from '../server.ts'
import type { MountCarrier } from './mount-carriers.ts'
import type { Entry } from './mount-view.ts'

// What a mount has from its masters, at one moment.

/** The live master that relays are sent to for a mount: the first by id. */
export function masterOf({ masters }: Entry, nowMs: number): Server | undefined {
  let first: Server | undefined
  for (const { server } of masters.values())
    if (isLive(server, nowMs) && !(first && first.report.id < server.report.id)) first = server
  return first
}

/** Every live master of a mount, by id: those that {@link masterOf} would name one after the other. */
export function liveMastersOf({ masters }: Entry, nowMs: number): Server[] {
  const all = [...masters.values()].map(({ server }) => server)
  return all.filter((each) => isLive(each, nowMs)).sort((a, b) => (a.report.id < b.report.id ? -1 : 1))
}

/** What the master that relays are sent to says of a mount; undefined if there is none, or it says nothing. */
export function saidByMaster(entry: Entry, nowMs: number): AboutMount | undefined {
  const master = masterOf(entry, nowMs)
  return master && entry.carriers.reportOf(entry.masters.get(master.report.id))?.about
}

/**
 * The fields of a mount in addition to its counts: from the master that relays are sent to, else from the stats of the first
 * polled server by id that has some, whichever was polled first. Those of reporting slaves are ignored, since the mount belongs
 * to its master.
 */
export function aboutOf(entry: Entry, nowMs: number): AboutMount | undefined {
  const { carriers, followers } = entry
  const said = saidByMaster(entry, nowMs)
  if (said || followers === 0) return said
  let first: MountCarrier | undefined
  for (const carrier of carriers.values()) {
    const { server, mount } = carrier
    if (!server.polled || !mount.about || (first && first.server.report.id < server.report.id)) continue
    if (isLive(server, nowMs)) first = carrier
  }
  return first?.mount.about
}

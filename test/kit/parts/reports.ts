import type { Server } from '../../../shared/draw/server.ts'
import { type Mount, parseMount } from '../../../shared/mount.ts'
import type { MountReport, Report } from '../../../shared/report/report.ts'

/** A mount's name that must be one. */
export function mountOf(path: string): Mount {
  const mount = parseMount(path)
  if (!mount) throw new Error(`${path} is not a mount`)
  return mount
}

export const mountReport = (path: string, over: Partial<MountReport> = {}): MountReport => ({
  mount: mountOf(path),
  listeners: 0,
  max: null,
  kbps: 128,
  joins: 0,
  contentType: 'audio/mpeg',
  ...over,
})

/** A report of a slave that carries /live.mp3 with 100 slots, all free. */
export const reportOf = (id: string, over: Partial<Report> = {}): Report => ({
  id,
  role: 'slave',
  urls: [`http://${id}.example.org:8000`],
  interval: 10,
  maxListeners: 100,
  listeners: 0,
  state: 'up',
  mounts: [mountReport('/live.mp3')],
  ...over,
})

/** With its mounts as an array, however they are kept; an error's text as it is. */
export const unpacked = (report: Report | string) =>
  typeof report === 'string' ? report : { ...report, mounts: [...report.mounts] }

/** What a decider holds of {@link reportOf}, received at 0. */
export const serverOf = (id: string, over: Partial<Report> = {}, held: Partial<Server> = {}): Server => ({
  report: reportOf(id, over),
  receivedAtMs: 0,
  drained: false,
  carriesAll: false,
  polled: false,
  reachable: true,
  formerMounts: [],
  location: undefined,
  factor: 1,
  debit: 0,
  debitKbps: 0,
  heldUntilMs: Number.NEGATIVE_INFINITY,
  ...held,
})

/** Dice that fall the same way in every run: mulberry32, 32 bits a roll. */
export function seededRoll(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
}

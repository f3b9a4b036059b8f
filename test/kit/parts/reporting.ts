import { createConfig } from '../../../origin/config/config.ts'
import { parseFlags } from '../../../origin/config/flags.ts'
import type { LiveMount } from '../../../origin/mount/live-mount.ts'
import { type Measured, measure } from '../../../origin/report/measure.ts'
import { Reporter } from '../../../origin/report/reporter.ts'
import type { Report } from '../../../shared/report/report.ts'
import { parseSourcelist } from '../../../shared/report/sourcelist.ts'
import type { ManualTime } from '../base/manual-time.ts'
import { mountOf } from './reports.ts'

/** The configuration of an origin with these flags. */
export const configOf = (line: string) =>
  createConfig({ flags: parseFlags(line.split(' ')).settings, environment: {}, file: undefined })
export const slave = configOf('--master http://127.0.0.1:1 --master-password pw --max-listeners 100')
export const master = configOf('--edge http://127.0.0.1:1 --edge-password pw')

/** A mount that plays. */
export const mountThatPlays = (path: string, with_: Partial<LiveMount> = {}): LiveMount => ({
  name: mountOf(path),
  kind: 'relay',
  contentType: 'audio/mpeg',
  format: 'mpeg',
  title: '',
  info: { kind: 'relay', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' },
  facts: undefined,
  sound: undefined,
  listeners: 0,
  listenerPeak: 0,
  maxListeners: null,
  joins: 0,
  kbps: 128,
  startedAtMs: 0,
  interruptedAtMs: undefined,
  tail: () => new Uint8Array(),
  ...with_,
})

/** The report of an origin: a slave without mounts, unless it is said otherwise. */
export const measured = (with_: Partial<Measured> = {}): Report =>
  measure({
    config: slave,
    boot: 'b1',
    seq: 1,
    state: 'up',
    mounts: [],
    idle: [],
    isMirrored: () => true,
    load: { listeners: 7, joins: 9, bandwidthKbps: () => 900 },
    ...with_,
  })

/** A decider whose answers the test gives, which records the reports and their times. */
export function recordingDecider(time: ManualTime) {
  const told: { atMs: number; url: string; user: string; report: Report }[] = []
  const answers = {
    next: (): Response => new Response('accepted 0\ninterval 10\nstate up\n'),
  }
  const answer: typeof fetch = async (input, init) => {
    const authorization = new Headers(init?.headers).get('authorization') ?? ''
    const [user = ''] = atob(authorization.slice(6)).split(':')
    told.push({ atMs: time.nowMs(), url: String(input), user, report: parseSourcelist(String(init?.body)) })
    return answers.next()
  }
  return { told, answers, fetch: answer, times: () => told.map(({ atMs }) => atMs) }
}

/** A reporter to it, which does not report yet. */
export function reporterTo(
  { fetch }: ReturnType<typeof recordingDecider>,
  time: ManualTime,
  role: 'slave' | 'master' = 'slave',
) {
  const load = { listeners: 0, maxListeners: 100 }
  let seq = 0
  const reporter = new Reporter(
    'http://edge.example',
    { user: 'relay', password: 'pw' },
    {
      measure: () => ({ ...measured({ seq: ++seq }), role, listeners: load.listeners }),
      load: () => load,
      promisedMs: () => 10_000,
      fetch,
      timers: time,
      nowMs: time.nowMs,
      roll: () => 0,
      onReply: () => {},
    },
  )
  return { reporter, load }
}

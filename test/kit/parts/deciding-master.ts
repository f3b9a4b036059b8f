import { createConfig } from '../../../origin/config/config.ts'
import { parseFlags } from '../../../origin/config/flags.ts'
import { Decider } from '../../../origin/listen/decider.ts'
import { createPlacer } from '../../../origin/listen/placer.ts'
import { openTable } from '../../../origin/listen/sqlite.ts'
import { measure } from '../../../origin/report/measure.ts'
import { createState } from '../../../origin/state.ts'
import type { ServerJson } from '../../../shared/api/json.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { basic } from '../audio/source.ts'
import { ManualTime } from '../base/manual-time.ts'
import { listenRequest } from './listen-request.ts'
import { mountOf, reportOf } from './reports.ts'

const live = mountOf('/live.mp3')

/** A deciding master in memory, with a source on /live.mp3. */
export function decidingMaster(flags = '', roll: () => number = () => 0) {
  const time = new ManualTime()
  const line = `--public-slave --hostname m.example --relay-password r --admin-password a --max-listeners 100 ${flags}`
  const config = createConfig({
    flags: parseFlags(line.trim().split(' ')).settings,
    environment: {},
    file: undefined,
  })
  const state = createState(config, time.nowMs, time)
  const leaving = { now: false }
  const info = { kind: 'source', contentType: 'audio/mpeg', headers: new Map(), owner: 'source' } as const
  const feed = state.mounts.open(live, info)
  const decider = new Decider({
    config,
    state,
    table: config.dataDir === undefined ? undefined : openTable(config.dataDir),
    measure: () =>
      measure({
        config,
        boot: 'b',
        seq: 0,
        state: leaving.now ? 'leaving' : state.drain.active ? 'draining' : 'up',
        mounts: state.mounts.list(),
        idle: [],
        isMirrored: () => false,
        load: state.load,
      }),
    nowMs: time.nowMs,
    roll,
  })
  const placer = createPlacer({
    config,
    state,
    decider,
    missed: () => {},
    reports: { change: () => {}, isDraining: false, edgeUrls: [] },
    isLeaving: () => leaving.now,
  })
  const get = (with_: Parameters<typeof listenRequest>[0] = {}) =>
    placer.place(listenRequest({ mount: live, ...with_ }))
  const facts = { address: '192.0.2.1', secure: false, base: 'http://m.example:8000' }
  const request = (method: string, path: string, login: string, body?: string) =>
    decider.app.request(
      path,
      { method, headers: { Authorization: login, 'Content-Type': 'text/plain' }, ...(body ? { body } : {}) },
      facts,
    )
  const report = (over: Partial<Report> = {}) =>
    request('POST', '/admin/sourcelist.txt', basic('relay', 'r'), printSourcelist(reportOf('s1', over)))
  const servers = async () =>
    (await (await request('GET', '/api/servers', basic('admin', 'a'))).json()) as ServerJson[]
  const free = async (id: string) => (await servers()).find((server) => server.id === id)?.free
  return { time, config, state, feed, leaving, decider, placer, get, report, request, servers, free }
}

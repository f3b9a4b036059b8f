import type { Context, Env, Hono } from 'hono'
import { accepts } from 'hono/accepts'
import { momentOf } from '../draw/moment.ts'
import { historyLimits } from '../history/limits.ts'
import { SlicedText } from '../http/slices.ts'
import type { Cluster } from './cluster.ts'
import { printCsv } from './csv.ts'
import { clusterText } from './describe-cluster.ts'
import type { HistoryJson } from './history-json.ts'
import { parseHistoryQuery, parsePlaysQuery } from './history-query.ts'
import { isLarge } from './remembered.ts'

const rowNames = [
  'at',
  'listenersMean',
  'listenersPeak',
  'listeningHours',
  'joins',
  'refused',
  'bandwidth',
] as const
const playNames = [
  'mount',
  'artist',
  'title',
  'start',
  'seconds',
  'listenersAtStart',
  'listenersMean',
  'listenersPeak',
  'listeningHours',
  'playing',
] as const

/** Adds the routes for a control room, for charts and for royalty reports (docs/api.md). */
export function addClusterRoutes<E extends Env>(
  app: Hono<E>,
  cluster: Cluster,
  nowMs: () => number,
  isHttps: (c: Context<E>) => boolean,
): void {
  // open control rooms ask every 2 s, each of them: of a large cluster, one answer a second serves all
  const answers: { byHttps?: SlicedText; byHttp?: SlicedText } = {}
  app.get('/api/cluster', async (c) => {
    const [view, seen, events] = await Promise.all([cluster.fresh(), cluster.seen(), cluster.events()])
    const https = isHttps(c)
    const name = https ? 'byHttps' : 'byHttp'
    let answer = isLarge(view) && answers[name]?.isNew ? answers[name] : undefined
    if (!answer) {
      const shown = { seen, events, atMs: cluster.wallMs(), isHttps: https }
      answer = new SlicedText(clusterText(momentOf(view, nowMs()), shown), nowMs)
      answers[name] = answer
    }
    return c.body(answer.body(), 200, { 'Content-Type': 'application/json' })
  })

  const history = async (c: Context, csv: boolean): Promise<Response> => {
    const query = parseHistoryQuery(parametersOf(c), cluster.wallMs() / 1000)
    if (typeof query === 'string') return c.text(`${query}\n`, 400)
    const rows = await cluster.history(query)
    if (csv) return printed(c, 'history', printCsv(rowNames, rows))
    const { mount = null, server = null, step } = query
    const answer: HistoryJson = { mount, server, from: iso(query.from), to: iso(query.to), step, rows }
    return c.json(answer)
  }
  const plays = async (c: Context, csv: boolean): Promise<Response> => {
    const query = parsePlaysQuery(parametersOf(c), cluster.wallMs() / 1000)
    if (typeof query === 'string') return c.text(`${query}\n`, 400)
    const rows = await cluster.plays(query)
    if (!rows)
      return c.text(
        `there are more than ${historyLimits.playsAnsweredMax} plays; expected one mount, or a shorter time\n`,
        400,
      )
    return csv ? printed(c, 'plays', printCsv(playNames, rows)) : c.json(rows)
  }
  for (const [path, answer] of Object.entries({ '/api/history': history, '/api/plays': plays })) {
    app.get(path, (c) => {
      c.header('Vary', 'Accept')
      return answer(c, wantsCsv(c))
    })
    app.get(`${path}.csv`, (c) => answer(c, true))
  }
}

const iso = (seconds: number) => new Date(seconds * 1000).toISOString()
const parametersOf = (c: Context) => new URL(c.req.url, 'http://localhost').searchParams

/** Whether a client prefers CSV to JSON. */
const wantsCsv = (c: Context): boolean =>
  accepts(c, {
    header: 'Accept',
    supports: ['application/json', 'text/csv'],
    default: 'application/json',
  }) === 'text/csv'

const printed = (c: Context, name: string, csv: string) =>
  c.body(csv, 200, {
    'Content-Type': 'text/csv; charset=utf-8; header=present',
    'Content-Disposition': `attachment; filename="${name}.csv"`,
  })

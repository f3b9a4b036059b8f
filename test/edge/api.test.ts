import { describe, expect, test } from 'vitest'
import type { ClusterJson } from '../../shared/api/cluster-json.ts'
import type { HistoryJson } from '../../shared/api/history-json.ts'
import { printBasic } from '../../shared/http/credentials.ts'
import { printSourcelist } from '../../shared/report/sourcelist.ts'
import { edgeOf } from '../kit/parts/edge-app.ts'
import { mountReport, reportOf } from '../kit/parts/reports.ts'

const admin = { Authorization: printBasic({ user: 'admin', password: 'admin-secret' }) }
const relay = { Authorization: printBasic({ user: 'relay', password: 'relay-secret' }) }

describe('/api/cluster', () => {
  test('counts the answers to listeners within the last minute, and the send-backs', async () => {
    const { ask } = edgeOf(reportOf('a'), reportOf('b', { role: 'master' }))
    const from = { country: 'DE' }
    for (const path of ['/live.mp3', '/live.mp3', '/live.mp3?x=a', '/live.mp3?x=nobody', '/none'])
      await ask(path, {}, 'GET', { from })
    const { perMinute, mounts } = (await (await ask('/api/cluster', admin)).json()) as ClusterJson
    expect(perMinute).toMatchObject({
      answers: { redirect: 4, unknown_mount: 1, no_room: 0 },
      sendBacks: 1,
      refusals: 0,
    })
    expect(mounts[0]?.countries).toEqual({})
  })

  test('knows the version of a server, and how far its clock is off', async () => {
    const { ask } = edgeOf()
    const headers = {
      ...relay,
      'Content-Type': 'text/plain',
      'User-Agent': 'Icecast-compatible distributary/9.8.7',
      Date: new Date(40_000).toUTCString(),
    }
    const { status } = await ask('/admin/sourcelist.txt', headers, 'POST', {}, printSourcelist(reportOf('a')))
    expect(status).toBe(200)
    const { servers, problems } = (await (await ask('/api/cluster', admin)).json()) as ClusterJson
    expect(servers).toMatchObject([{ id: 'a', version: 'distributary 9.8.7', clockOffsetSeconds: 41 }])
    expect(problems).toMatchObject([{ severity: 'warning', text: 'clock of a is 41 s off', server: 'a' }])
  })

  test.each(['/api/cluster', '/api/history', '/api/history.csv', '/api/plays', '/api/plays.csv'])(
    '%s is only for the admin',
    async (path) => {
      expect((await edgeOf().ask(path)).status).toBe(401)
      expect((await edgeOf().ask(path, relay)).status).toBe(401)
    },
  )
})

describe('/api/history and /api/plays', () => {
  const title = '=cmd|calc'
  const mounts = [mountReport('/live.mp3', { about: { title, artist: 'A' }, listeners: 3 })]
  const edge = () => edgeOf(reportOf('m', { role: 'master', mounts, listeners: 3 }))

  test('the answer says which time and step it is about', async () => {
    const reply = await edge().ask('/api/history?mount=/live.mp3&from=1970-01-01&to=1970-01-02', admin)
    expect((await reply.json()) as HistoryJson).toEqual({
      mount: '/live.mp3',
      server: null,
      from: '1970-01-01T00:00:00.000Z',
      to: '1970-01-02T00:00:00.000Z',
      step: 60,
      rows: [],
    })
  })

  test.each([
    ['/api/history.csv', {}],
    ['/api/history', { Accept: 'text/csv' }],
    ['/api/history', { Accept: 'text/csv, application/json;q=0.5' }],
    ['/api/history', { Accept: 'application/json;q=0.1, text/csv' }],
  ])('%s %j is CSV', async (path, headers) => {
    const reply = await edge().ask(path, { ...admin, ...headers })
    expect(reply.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(await reply.text()).toBe(
      'at,listenersMean,listenersPeak,listeningHours,joins,refused,bandwidth\r\n',
    )
  })

  test('a play whose title is a formula is a text in the CSV, and itself in the JSON', async () => {
    const { ask } = edge()
    const query = '?from=1970-01-01&to=1970-01-02'
    expect(await (await ask(`/api/plays.csv${query}`, admin)).text()).toBe(
      'mount,artist,title,start,seconds,listenersAtStart,listenersMean,listenersPeak,listeningHours,playing\r\n' +
        "/live.mp3,A,'=cmd|calc,1970-01-01T00:00:00.000Z,0,3,3,3,0,true\r\n",
    )
    expect(await (await ask(`/api/plays${query}`, admin)).json()).toMatchObject([{ title, playing: true }])
  })

  test('a query that is not valid is answered with 400', async () => {
    const reply = await edge().ask('/api/history?step=7', admin)
    expect(reply.status).toBe(400)
    expect(await reply.text()).toBe(
      'step is "7", expected whole minutes, in seconds or as 1m, 15m, 1h or 1d\n',
    )
  })
})

import { describe, expect, test } from 'vitest'
import { type Cluster, lastDay, localCluster } from '../../../shared/api/cluster.ts'
import type { HistoryJson, PlayJson } from '../../../shared/api/history-json.ts'
import { clusterApp } from '../../../shared/api/routes.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { View } from '../../../shared/draw/view.ts'
import { plainDoor } from '../../../shared/http/login-door.ts'
import type { MountReport } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { basic } from '../../kit/audio/source.ts'
import { openAccounts } from '../../kit/parts/accounts.ts'
import { mountReport, reportOf, serverOf } from '../../kit/parts/reports.ts'

const admin = { Authorization: basic('admin', 'admin-secret') }
const wallMs = Date.UTC(2026, 10, 25, 12)

/** The API of a decider with a server. */
function apiOf(over: Partial<Cluster> = {}) {
  const clock = { nowMs: 0 }
  const registry = new Registry(undefined, 100, 0, undefined, (nowMs) => wallMs + nowMs)
  const report = (mounts: MountReport[], nowMs: number) => {
    const said = reportOf('a', { role: 'master', mounts })
    registry.put(said, printSourcelist(said), nowMs)
  }
  report([mountReport('/m0', { about: { title: 'T' } })], 0)
  const cluster = { ...localCluster(registry, openAccounts, () => clock.nowMs), ...over }
  const app = clusterApp(
    cluster,
    openAccounts,
    () => clock.nowMs,
    plainDoor(() => 0),
  )
  const ask = async (path: string, accept = '*/*', secure = false) =>
    app.request(
      path,
      { headers: { ...admin, Accept: accept } },
      { address: undefined, secure, base: undefined },
    )
  return { clock, ask, report }
}

describe('/api/cluster', () => {
  const at = async (answer: Response) => ((await answer.json()) as { at: string }).at
  const noon = '2026-11-25T12:00:00.000Z'

  test('of a large cluster is made once a second for all, apart for those who ask by https', async () => {
    const view = new View(100)
    const mounts = Array.from({ length: 48 }, (_, i) => mountReport(`/m${i}`))
    for (let i = 0; i < 21; i++) view.put(serverOf(`s${i}`, { mounts }))
    const { clock, ask } = apiOf({ fresh: () => view })
    expect(await at(await ask('/api/cluster'))).toBe(noon)
    clock.nowMs = 900
    expect(await at(await ask('/api/cluster'))).toBe(noon)
    const secure = await (await ask('/api/cluster', '*/*', true)).text()
    expect(secure).toContain('it has no https url')
    expect(secure).toContain('2026-11-25T12:00:00.900Z')
    expect(await (await ask('/api/cluster')).text()).not.toContain('it has no https url')
  })

  test('of a small one is made for each who asks', async () => {
    const { clock, ask } = apiOf()
    expect(await at(await ask('/api/cluster'))).toBe(noon)
    clock.nowMs = 1
    expect(await at(await ask('/api/cluster'))).toBe('2026-11-25T12:00:00.001Z')
  })
})

describe.each(['history', 'plays'])('/api/%s', (name) => {
  test.each([
    ['', 'application/json'],
    ['*/*', 'application/json'],
    ['text/html', 'application/json'],
    ['application/json, text/csv;q=0.9', 'application/json'],
    ['text/csv', 'text/csv; charset=utf-8; header=present'],
    ['text/csv, application/json;q=0.9', 'text/csv; charset=utf-8; header=present'],
  ])(
    'for a client that accepts "%s" is %s, and caches are told that it depends on that',
    async (accept, type) => {
      const answer = await apiOf().ask(`/api/${name}`, accept)
      expect(answer.headers.get('content-type')).toBe(type)
      expect(answer.headers.get('vary')).toBe('Accept')
    },
  )

  test('is a file of CSV by its path too, whatever a client accepts', async () => {
    const answer = await apiOf().ask(`/api/${name}.csv`, 'application/json')
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present')
    expect(answer.headers.get('content-disposition')).toBe(`attachment; filename="${name}.csv"`)
    expect(answer.headers.get('vary')).toBeNull()
  })

  test('says what is wrong with a query', async () => {
    const answer = await apiOf().ask(`/api/${name}?from=yesterday`)
    expect(answer.status).toBe(400)
    expect(await answer.text()).toMatch(/^from is "yesterday", expected a date.*\n$/)
  })
})

test('/api/history and /api/plays are about the last day by the wall clock, unless asked otherwise', async () => {
  const { clock, ask, report } = apiOf()
  report([mountReport('/m0', { about: { title: 'U' } })], 15_000)
  clock.nowMs = 20_000
  expect(await (await ask('/api/history')).json()).toMatchObject({
    mount: null,
    server: null,
    from: '2026-11-24T12:00:20.000Z',
    to: '2026-11-25T12:00:20.000Z',
    step: 60,
    rows: [{ at: '2026-11-25T12:00:00.000Z' }],
  })
  expect(await (await ask('/api/history?server=a&step=1h')).json()).toMatchObject({
    mount: null,
    server: 'a',
    step: 3600,
  })
  expect(await (await ask('/api/plays')).json()).toMatchObject([
    { mount: '/m0', title: 'T', start: '2026-11-25T12:00:00.000Z', seconds: 15, playing: false },
    { mount: '/m0', title: 'U', start: '2026-11-25T12:00:15.000Z', seconds: 5, playing: true },
  ])
})

test('the lines of a file of CSV have the names and the numbers of the JSON', async () => {
  const { clock, ask } = apiOf()
  clock.nowMs = 20_000
  for (const path of ['/api/history', '/api/plays']) {
    const json = (await (await ask(path)).json()) as PlayJson[] | HistoryJson
    const [row = {}] = 'rows' in json ? json.rows : json
    const lines = (await (await ask(`${path}.csv`)).text()).split('\r\n')
    expect(lines.slice(0, 2)).toEqual([Object.keys(row).join(','), Object.values(row).join(',')])
  }
})

test('more plays than one answer holds are answered 400 with what to ask for', async () => {
  const answer = await apiOf({ plays: () => undefined }).ask('/api/plays')
  expect(answer.status).toBe(400)
  expect(await answer.text()).toBe('there are more than 50000 plays; expected one mount, or a shorter time\n')
})

test('the chart of the public page is of the last day, in steps of five minutes', () => {
  expect(lastDay(wallMs)).toEqual({
    mount: undefined,
    server: undefined,
    from: Date.UTC(2026, 10, 24, 12) / 1000,
    to: wallMs / 1000,
    step: 300,
  })
})

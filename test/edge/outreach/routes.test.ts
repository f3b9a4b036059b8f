import { describe, expect, test } from 'vitest'
import { parseConfig } from '../../../edge/config.ts'
import { polledApp } from '../../../edge/outreach/routes.ts'
import { localCluster } from '../../../shared/api/cluster.ts'
import { clusterApp } from '../../../shared/api/routes.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { printBasic } from '../../../shared/http/credentials.ts'
import { LoginDoor, sleep } from '../../../shared/http/login-door.ts'
import { limits } from '../../../shared/limits.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { reportOf } from '../../kit/parts/reports.ts'

const config = parseConfig({ RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret' })
const admin = printBasic({ user: 'admin', password: 'admin-secret' })
const door = new LoginDoor({ nowMs: () => 0, sleep })
const facts = { address: '192.0.2.1', secure: false, base: 'http://edge.example' }
const named = { id: 'old', url: 'http://old.example.org:8000', maxListeners: 100 }

function createApi() {
  const registry = new Registry(undefined, 100, 0)
  const cluster = localCluster(registry, config.accounts, () => 0)
  const app = polledApp({ cluster, config, door, nowMs: () => 0 })
  const post = (body: string, headers: Record<string, string> = {}) =>
    app.request(
      '/api/servers',
      {
        method: 'POST',
        headers: { Authorization: admin, 'Content-Type': 'application/json', ...headers },
        body,
      },
      facts,
    )
  return { registry, cluster, post }
}

describe('POST /api/servers', () => {
  test('answers 201 with the server, and 200 when it is changed', async () => {
    const { post } = createApi()
    const made = await post(JSON.stringify(named))
    expect(made.status).toBe(201)
    expect(await made.json()).toMatchObject({
      id: 'old',
      role: 'slave',
      urls: ['http://old.example.org:8000'],
      interval: 10,
      maxListeners: 100,
      polled: true,
      mounts: [],
      out: 'no mounts',
    })
    const changed = await post(JSON.stringify({ ...named, maxListeners: 7 }))
    expect(changed.status).toBe(200)
    expect(await changed.json()).toMatchObject({ maxListeners: 7 })
  })

  test('never shows a password, and /api/servers does not either', async () => {
    const { cluster, post } = createApi()
    const made = await post(JSON.stringify({ ...named, kind: 'xml', password: 'hackme' }))
    expect([made.status, (await made.text()).includes('hackme')]).toEqual([201, false])
    const api = clusterApp(cluster, config.accounts, () => 0, door)
    const shown = await (
      await api.request('/api/servers', { headers: { Authorization: admin } }, facts)
    ).text()
    expect(shown).toContain('"id":"old"')
    expect(shown).not.toContain('hackme')
  })

  const relay = printBasic({ user: 'relay', password: 'relay-secret' })
  const tooLarge = JSON.stringify({ ...named, id: 'x'.repeat(limits.polledBytesMax) })
  test.for<[string, number, Record<string, string>, string]>([
    ['no credentials', 401, { Authorization: '' }, JSON.stringify(named)],
    ["a relay's credentials", 401, { Authorization: relay }, JSON.stringify(named)],
    ['a form', 415, { 'Content-Type': 'application/x-www-form-urlencoded' }, 'url=http://old'],
    [
      'text that a page of another site could send',
      415,
      { 'Content-Type': 'text/plain' },
      JSON.stringify(named),
    ],
    ['too large a body', 413, {}, tooLarge],
    ['no JSON', 400, {}, '{'],
    ['a bad field', 400, {}, JSON.stringify({ ...named, maxListeners: -1 })],
  ])('%s is answered %i, and nothing changes', async ([, status, headers, body]) => {
    const { registry, post } = createApi()
    const answer = await post(body, headers)
    expect(answer.status).toBe(status)
    expect(await answer.text()).toMatch(/expected|larger/)
    expect(registry.polled.servers.size + registry.view.servers.size).toBe(0)
  })

  test('an id that a live server reports under is answered 409', async () => {
    const { registry, post } = createApi()
    registry.put(reportOf('old'), printSourcelist(reportOf('old')), 0)
    expect((await post(JSON.stringify(named))).status).toBe(409)
  })
})

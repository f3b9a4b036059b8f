import { describe, expect, test } from 'vitest'
import { localCluster } from '../../../shared/api/cluster.ts'
import type { ClusterServerJson } from '../../../shared/api/cluster-json.ts'
import { clusterApp, isHttps, type RequestFacts, remoteOf } from '../../../shared/api/routes.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../shared/cluster/server-table.ts'
import { plainDoor } from '../../../shared/http/login-door.ts'
import { limits } from '../../../shared/limits.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { basic } from '../../kit/audio/source.ts'
import { logged, told } from '../../kit/base/log-records.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { openAccounts } from '../../kit/parts/accounts.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

const facts: RequestFacts = { address: '192.0.2.1', secure: false, base: 'http://edge.example' }
const relay = { Authorization: basic('relay', 'secret'), 'Content-Type': 'text/plain' }
const admin = { Authorization: basic('admin', 'admin-secret') }
const wallMs = Date.UTC(2026, 10, 25, 12)

interface Asked {
  method?: string
  headers?: Record<string, string>
  body?: string | Uint8Array<ArrayBuffer>
  over?: Partial<RequestFacts>
}

/** The routes of a decider, whose store may fail. */
function apiOf({ door = plainDoor(() => 0), sql = memorySql(), accounts = openAccounts } = {}) {
  const registry = new Registry(new ServerTable(sql), 100, 0, undefined, (nowMs) => wallMs + nowMs)
  const cluster = localCluster(registry, accounts, () => 0)
  const app = clusterApp(cluster, accounts, () => 0, door)
  const ask = async (path: string, { method = 'GET', headers = admin, body, over = {} }: Asked = {}) =>
    app.request(path, { method, headers, ...(body !== undefined && { body }) }, { ...facts, ...over })
  const report = (
    body: string | Uint8Array<ArrayBuffer> = printSourcelist(reportOf('a')),
    asked: Asked = {},
  ) =>
    ask('/admin/sourcelist.txt', { method: 'POST', body, ...asked, headers: { ...relay, ...asked.headers } })
  const server = async () => {
    const { servers } = (await (await ask('/api/cluster')).json()) as { servers: ClusterServerJson[] }
    return servers[0]
  }
  return { registry, ask, report, server }
}
const said = async (answer: Response) => `${answer.status} ${await answer.text()}`

describe('a report', () => {
  test.each(['text/plain', 'Text/Plain; charset=utf-8', 'text/plain ;x'])(
    'of type %s is read',
    async (type) => {
      expect((await apiOf().report(undefined, { headers: { 'Content-Type': type } })).status).toBe(200)
    },
  )

  test.each(['text/html', 'application/text/plain', 'text/plainer', ''])(
    'of type "%s" is answered 415',
    async (type) => {
      const answer = await apiOf().report(undefined, { headers: { 'Content-Type': type } })
      expect(await said(answer)).toBe(`415 Content-Type is "${type}", expected text/plain\n`)
    },
  )

  test('without a type is answered 415, and the answer quotes none', async () => {
    const { ask } = apiOf()
    const body = new TextEncoder().encode(printSourcelist(reportOf('a')))
    const { Authorization } = relay
    const answer = await ask('/admin/sourcelist.txt', { method: 'POST', headers: { Authorization }, body })
    expect(await said(answer)).toBe('415 Content-Type is "", expected text/plain\n')
  })

  test('of 1 MiB is read, one byte more is answered 413, and the connection ends', async () => {
    const { report } = apiOf()
    const whole = await report('x'.repeat(limits.reportBytesMax))
    expect([whole.status, whole.headers.get('connection')]).toEqual([400, null])
    const more = await report('x'.repeat(limits.reportBytesMax + 1))
    expect(more.headers.get('connection')).toBe('close')
    expect(await said(more)).toBe('413 the report is larger than 1048576 bytes\n')
  })

  test.each([
    [limits.reportBytesMax, 200],
    [limits.reportBytesMax + 1, 413],
  ])('that announces %i bytes is answered %i, before it is read', async (length, status) => {
    const answer = await apiOf().report(undefined, { headers: { 'Content-Length': String(length) } })
    expect(answer.status).toBe(status)
  })

  test('that is not UTF-8 is answered 400, with the line', async () => {
    const body = Uint8Array.from([...new TextEncoder().encode('url: http://a\nid: '), 0xff, 0x0a])
    expect(await said(await apiOf().report(body))).toBe(
      '400 line 2: bytes that are not UTF-8, expected UTF-8\n',
    )
  })

  test.each([
    [{}, ['edge http://edge.example']],
    [{ base: undefined }, []],
    [
      { bases: ['http://e.example', 'https://e.example'] },
      ['edge http://e.example', 'edge https://e.example'],
    ],
  ])('is told where listeners reach a decider with %j', async (over, lines) => {
    const answer = await apiOf().report(undefined, { over })
    expect(answer.status).toBe(200)
    const text = await answer.text()
    expect(text.split('\n').filter((line) => line.startsWith('edge '))).toEqual(lines)
  })

  test('of a server on loopback is answered 400 if it came from elsewhere', async () => {
    const own = printSourcelist(reportOf('own', { urls: ['http://localhost:8000'] }))
    const status = async (address: string | undefined) =>
      (await apiOf().report(own, { over: { address } })).status
    expect([await status('192.0.2.1'), await status('127.0.0.1'), await status(undefined)]).toEqual([
      400, 200, 200,
    ])
    expect(remoteOf({ ...facts, address: '::1' })).toBeUndefined()
    expect(remoteOf(facts)).toBe('192.0.2.1')
  })

  test.each([
    [{ 'User-Agent': 'Icecast-compatible distributary/9.8.7 (x)' }, 'distributary 9.8.7'],
    [{ 'User-Agent': `curl/8.1 ${'x'.repeat(100)}` }, `curl/8.1 ${'x'.repeat(71)}`],
    [{}, null],
  ])('with %j is by the program %j', async (headers, version) => {
    const { report, server } = apiOf()
    await report(undefined, { headers })
    expect((await server())?.version).toBe(version)
  })

  test.each([
    [{}, null],
    [{ Date: 'yesterday' }, null],
    [{ Date: new Date(wallMs + 40_000).toUTCString() }, 41],
    [{ Date: new Date(wallMs - 40_000).toUTCString() }, -39],
    [{ Date: new Date(wallMs).toUTCString() }, 1],
  ])(
    'with %j comes from a clock that is %j s ahead: half a second is added, since a date is cut to one',
    async (headers, offset) => {
      const { registry, report, server } = apiOf()
      await report(undefined, { headers })
      expect((await server())?.clockOffsetSeconds).toBe(offset)
      expect(registry.senderOf('a')?.clockOffsetSeconds ?? null, 'not a number that no clock has').toBe(
        offset,
      )
    },
  )
})

describe('what a decider answers', () => {
  test('a wrong login is answered 401 with the way to log in, too many 429 with a time to try again', async () => {
    const wrong = { headers: { ...relay, Authorization: basic('relay', 'guess') } }
    const denied = await apiOf().report(undefined, wrong)
    expect(denied.headers.get('www-authenticate')).toBe('Basic realm="distributary"')
    expect(denied.headers.get('retry-after')).toBeNull()
    expect(await said(denied)).toBe('401 expected the credentials of a relay\n')
    const busy = { judge: async () => ({ status: 429 }) as const }
    const { report, ask } = apiOf({ door: busy })
    for (const answer of [await report(undefined, wrong), await ask('/api/servers')]) {
      expect(answer.headers.get('retry-after')).toBe('1')
      expect(await said(answer)).toBe('429 too many wrong logins from your network: try again later\n')
    }
    const strangers: Record<string, string>[] = [{}, { Authorization: basic('admin', 'guess') }, relay]
    for (const headers of strangers)
      expect(await said(await apiOf().ask('/api/servers', { headers }))).toBe(
        '401 expected the credentials of the admin\n',
      )
  })

  test('a store that is locked is answered 503 with a time to try again, one that is full 500 without', async () => {
    const failing = (message: string) => {
      const sql = memorySql()
      const api = apiOf({ sql })
      sql.tx = () => {
        throw new Error(message)
      }
      return api.report()
    }
    const [locked, full] = [await failing('database is locked'), await failing('disk is full')]
    expect([locked.status, locked.headers.get('retry-after')]).toEqual([503, '1'])
    expect([full.status, full.headers.get('retry-after')]).toEqual([500, null])
  })

  test.each(['/api/servers', '/api/mounts', '/api/cluster', '/api/history', '/api/plays'])(
    '%s is JSON',
    async (path) => {
      const { report, ask } = apiOf()
      await report(printSourcelist(reportOf('a', { mounts: [mountReport('/live.mp3', { listeners: 3 })] })))
      const answer = await ask(path)
      expect(answer.headers.get('content-type')).toMatch(/^application\/json/)
      expect(JSON.stringify(await answer.json())).toMatch(/^[[{]/)
    },
  )

  test('/api/mounts has the mounts with their servers', async () => {
    const { report, ask } = apiOf()
    await report(printSourcelist(reportOf('a', { mounts: [mountReport('/live.mp3', { listeners: 3 })] })))
    expect(await (await ask('/api/mounts')).json()).toEqual([
      { mount: '/live.mp3', listeners: 3, servers: ['a'], contentType: 'audio/mpeg', bitrate: 128 },
    ])
  })
})

describe('an operator', () => {
  test('drains a server, undrains it and deletes it, and the events say who did and from where', async () => {
    const { registry, report, ask } = apiOf()
    await report()
    const done = async (path: string, method: string) => said(await ask(`/api/servers/${path}`, { method }))
    expect(await done('a/drain', 'POST')).toBe('204 ')
    expect(registry.isDrained('a')).toBe(true)
    expect(await done('a/undrain', 'POST')).toBe('204 ')
    expect(registry.isDrained('a')).toBe(false)
    expect(await done('a', 'DELETE')).toBe('204 ')
    expect(registry.view.servers.size).toBe(0)
    const deeds = registry.events(0).filter(({ detail }) => detail?.includes('admin'))
    expect(deeds.map(({ kind, detail }) => `${kind}: ${detail}`)).toEqual([
      'server drained: by admin@192.0.2.1',
      'server undrained: by admin@192.0.2.1',
      'server forgotten: deleted by admin@192.0.2.1',
    ])
  })

  test('is told which id there is not', async () => {
    const { ask } = apiOf()
    for (const [path, method] of [
      ['/api/servers/b%3A1/drain', 'POST'],
      ['/api/servers/b%3A1/undrain', 'POST'],
      ['/api/servers/b%3A1', 'DELETE'],
    ] as const)
      expect(await said(await ask(path, { method }))).toBe('404 no server has the id "b:1"\n')
  })

  test('with a long name is cut in the events', async () => {
    const adminUser = 'x'.repeat(100)
    const { registry, report, ask } = apiOf({ accounts: { ...openAccounts, adminUser } })
    await report()
    const headers = { Authorization: basic(adminUser, 'admin-secret') }
    expect((await ask('/api/servers/a/drain', { method: 'POST', headers })).status).toBe(204)
    expect(registry.events(0).at(-1)?.detail).toBe(`by ${'x'.repeat(limits.loggedUserLengthMax)}@192.0.2.1`)
  })

  test('whose address is not known is unknown in the events', async () => {
    const { registry, report, ask } = apiOf()
    await report()
    await ask('/api/servers/a/drain', { method: 'POST', over: { address: undefined } })
    expect(registry.events(0).at(-1)?.detail).toBe('by admin@unknown')
  })
})

test('a page of another site may have the API read, and nothing changed', async () => {
  const { registry, report, ask } = apiOf()
  const evil = { Origin: 'http://evil.example' }
  expect((await report(undefined, { headers: evil })).status).toBe(403)
  expect(registry.view.servers.size).toBe(0)
  await report()
  expect((await ask('/api/servers', { headers: { ...admin, ...evil } })).status).toBe(200)
  expect((await ask('/api/servers/a', { method: 'DELETE', headers: { ...admin, ...evil } })).status).toBe(403)
})

describe('the log', () => {
  test('has each rejected report with its sender, the status and the beginning of why, and no other', async () => {
    const { report } = apiOf()
    const lines = await told(async () => {
      await report()
      await report(undefined, { headers: { 'Content-Type': `x/${'y'.repeat(400)}` } })
    })
    const rejected = lines.filter(({ message }) => message === 'report rejected')
    expect(rejected).toEqual([
      {
        message: 'report rejected',
        request: 'report',
        address: '192.0.2.1',
        status: 415,
        why: `Content-Type is "x/${'y'.repeat(400)}`.slice(0, limits.loggedAnswerLengthMax),
      },
    ])
    const [record] = (await logged(() => report('x'))).filter(({ level }) => level === 'warning')
    expect(record?.category).toEqual(['distributary', 'cluster'])
    expect(record?.properties.why).toBe('line 1: expected the last line to end in LF')
  })

  test('has other rejected requests by their path', async () => {
    const { ask } = apiOf()
    const site = `http://evil.example/${'x'.repeat(300)}`
    let answer: Response | undefined
    const lines = await told(async () => {
      answer = await ask('/api/servers/a', { method: 'DELETE', headers: { ...admin, Referer: site } })
    })
    expect(await answer?.text()).toContain(`a page of ${site.slice(0, 200)} sent it`)
    expect(lines).toMatchObject([{ message: 'request rejected', request: '/api/servers/a', status: 403 }])
  })
})

describe('a decider', () => {
  test.each([
    [{}, false],
    [{ secure: true }, true],
    [{ base: 'https://e.example' }, true],
    [{ base: undefined }, false],
    [{ bases: ['http://e.example', 'https://e.example'] }, true],
  ])('with %j has an https address: %j', (over, has) => {
    expect(isHttps({ ...facts, ...over })).toBe(has)
  })

  test('is itself for pages that its configured address serves, whatever Host a proxy sends', async () => {
    const { report, ask } = apiOf()
    await report()
    const from = async (Origin: string, base: string) =>
      (
        await ask('/api/servers/a/drain', {
          method: 'POST',
          headers: { ...admin, Host: '10.0.0.1', Origin },
          over: { base },
        })
      ).status
    expect(await from('https://radio.example', 'https://radio.example')).toBe(204)
    expect(await from('https://evil.example', 'https://radio.example')).toBe(403)
  })
})

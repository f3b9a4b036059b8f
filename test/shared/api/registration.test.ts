import { describe, expect, test } from 'vitest'
import { parseRegistration, register } from '../../../shared/api/accept.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { basic } from '../../kit/audio/source.ts'
import { told } from '../../kit/base/log-records.ts'
import { openAccounts } from '../../kit/parts/accounts.ts'
import { edgeOf, edgeWith } from '../../kit/parts/edge-app.ts'
import { reportOf } from '../../kit/parts/reports.ts'

const relay = { Authorization: basic('relay', 'relay-secret') }
const admin = { Authorization: basic('admin', 'admin-secret') }
const kh = '/admin/streams?rserver=kh.example&rport=8000&interval=10'

describe('a request for the stream list by an icecast-kh slave', () => {
  test('registers it, and is answered with the list', async () => {
    const { ask } = edgeOf(reportOf('m', { role: 'master' }))
    const answer = await ask(kh, relay)
    expect([answer.status, await answer.text()]).toEqual([200, '/live.mp3\r\n'])
    expect(await (await ask('/api/servers', admin)).json()).toMatchObject([
      { id: 'kh.example:8000', role: 'slave', mounts: ['/live.mp3'] },
      { id: 'm' },
    ])
  })

  test('is answered the same to a HEAD, which registers nobody', async () => {
    const { ask } = edgeOf(reportOf('m', { role: 'master' }))
    const answer = await ask(kh, relay, 'HEAD')
    expect([answer.status, answer.headers.get('content-length')]).toEqual([200, '11'])
    expect(await (await ask('/api/servers', admin)).json()).toMatchObject([{ id: 'm' }])
  })

  test.each([
    [
      '',
      'a server',
      400,
      /^expected rserver=HOST&rport=1…65535&interval=1…3600 \(seconds\), or none of them\n$/,
    ],
    [
      '127.0.0.1&rport=8000&interval=10',
      '127.0.0.1',
      400,
      /^rserver is 127\.0\.0\.1, expected a host that others can reach\n$/,
    ],
    ['own&rport=8000&interval=10', 'own', 401, /^id is "own:8000", expected the credentials of that id\n$/],
  ])(
    'with rserver=%s the registration of %s is answered %i, and the log says why',
    async (query, host, status, text) => {
      const { ask } = edgeWith({ env: { RELAYS: 'own:8000:secret' } })
      let answer: Response | undefined
      const lines = await told(async () => {
        answer = await ask(`/admin/streams?rserver=${query}`, relay)
      })
      expect(answer?.status).toBe(status)
      expect(await answer?.text()).toMatch(text)
      expect(await (await ask('/api/servers', admin)).json()).toEqual([])
      expect(lines).toMatchObject([
        { message: 'request rejected', request: `the registration of ${host}`, status, address: '192.0.2.1' },
      ])
    },
  )
})

describe('rserver, rport and interval', () => {
  const parsed = (query: string) => parseRegistration(new URLSearchParams(query))

  test.each([
    ['rserver=kh.example&rport=8000&interval=30', { host: 'kh.example', port: 8000, interval: 30 }],
    ['rserver=192.0.2.7&rport=1&interval=1', { host: '192.0.2.7', port: 1, interval: 1 }],
    [
      'rserver=[2001:db8::7]&rport=65535&interval=3600',
      { host: '[2001:db8::7]', port: 65_535, interval: 3600 },
    ],
    ['rserver=relay_1&rport=8000&interval=5', { host: 'relay_1', port: 8000, interval: 5 }],
  ])('%s name a server, also by an address or by the name of a container', (query, registration) => {
    expect(parsed(query)).toEqual(registration)
  })

  test.each([
    'rport=8000&interval=5',
    'rserver=a&rport=65536&interval=5',
    'rserver=a&rport=80.5&interval=5',
    'rserver=a&rport=8000&interval=0',
    'rserver=a&rport=8000&interval=3601',
    'rserver=a&rport=8000&interval=1.5',
    'rserver=a@b&rport=8000&interval=5',
    'rserver=a:80&rport=8000&interval=5',
    'rserver=a%20b&rport=8000&interval=5',
    'rserver=[2001:db8::7]x&rport=8000&interval=5',
    'rserver=2001:db8::7&rport=8000&interval=5',
  ])('%s name none', (query) => {
    expect(parsed(query)).toBeUndefined()
  })

  const registration = {
    host: 'kh',
    port: 80,
    interval: 5,
    reporter: { kind: 'relay' },
    remote: undefined,
  } as const

  test('of a server on loopback are fine if it is on this machine', () => {
    const registry = new Registry(undefined, 100, 0)
    expect(register(registry, openAccounts, { ...registration, host: 'localhost' }, 0)).toEqual({
      status: 200,
      text: '',
    })
    expect(registry.view.servers.get('localhost:80')?.report).toMatchObject({
      urls: ['http://localhost'],
      interval: 5,
      state: 'up',
      listeners: 0,
    })
  })

  test('of an id that a live server elsewhere holds are answered 409', () => {
    const registry = new Registry(undefined, 100, 0)
    const held = reportOf('kh:80', { urls: ['http://kh.example.org'] })
    registry.put(held, printSourcelist(held), 0)
    expect(register(registry, openAccounts, registration, 0)).toEqual({
      status: 409,
      text: expect.stringMatching(/^id kh:80 is held by a live server at http:\/\/kh\.example\.org/),
    })
  })
})

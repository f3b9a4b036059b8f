import { expect, test } from 'vitest'
import { edgeChecks } from '../../../edge/doctor/doctor.ts'
import type { EdgeRim } from '../../../edge/doctor/rim.ts'
import { basic } from '../../kit/audio/source.ts'

const url = 'http://127.0.0.1:8000'
const secrets = { RELAY_PASSWORD: 'rp', ADMIN_PASSWORD: 'ap', DATA_DIR: '/data' }

async function check(
  env: Record<string, string>,
  answers: Record<string, () => Response>,
  rim: Partial<EdgeRim> = {},
) {
  const answer: typeof fetch = async (input, init) => {
    const next = answers[String(input).replace(url, '')]
    if (!next)
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:8000') })
    const isWrong =
      String(input).includes('/api/') &&
      new Headers(init?.headers).get('authorization') !== basic('admin', 'ap')
    return isWrong ? new Response('', { status: 401 }) : next()
  }
  const checks = await edgeChecks(
    [],
    { ...secrets, ...env },
    {
      fetch: answer,
      connectTls: () => {
        throw new Error('no TLS here')
      },
      read: () => undefined,
      whyNotWritable: () => undefined,
      nowMs: () => 0,
      ...rim,
    },
  )
  return checks.map(({ grade, name, text, todo }) => `${grade} ${name}: ${text}${todo ? `; ${todo}` : ''}`)
}

const server = (id: string, role: string, out: string | null) => ({
  id,
  role,
  urls: [],
  out,
  listeners: 0,
  maxListeners: 10,
  free: 10,
  mounts: ['/live.mp3'],
})
const running = (...servers: object[]) => ({
  '/healthz': () => new Response('ok'),
  '/api/servers': () => Response.json(servers),
})

test('an edge that is well: its store can be written, it runs, and each server is in the draw', async () => {
  expect(await check({}, running(server('m', 'master', null), server('r', 'slave', null)))).toEqual([
    'ok configuration: OK',
    'ok DATA_DIR: /data can be written',
    `ok this edge: runs at ${url}`,
    `ok m in the draw of ${url}: yes: 0 of 10 listeners, 10 free, 1 mount`,
    `ok r in the draw of ${url}: yes: 0 of 10 listeners, 10 free, 1 mount`,
  ])
})

test('names a server that is out and why, and that no live master reports', async () => {
  const told = await check({}, running(server('m', 'master', 'stale'), server('r', 'slave', 'unreachable')))
  expect(told).toContainEqual(expect.stringMatching(/^failed masters: no live master reports/))
  expect(told).toContainEqual(
    expect.stringMatching(/^failed r in the draw of \S+: no: unreachable; .*firewall/),
  )
})

test('says that it does not run, or runs with another admin password', async () => {
  expect((await check({}, {})).at(-1)).toMatch(/^warning this edge: no answer .*connection refused.*start it/)
  expect((await check({ ADMIN_PASSWORD: 'other' }, running())).at(-1)).toMatch(
    /^failed ADMIN_PASSWORD at .*: rejected/,
  )
  expect((await check({}, running())).at(-1)).toMatch(/^warning servers: none reports/)
})

test('names bad settings, and files that cannot be used', async () => {
  expect(await check({ PORT: 'high', ADMIN_PASSWORD: '' }, {})).toEqual([
    expect.stringMatching(/^failed configuration: ADMIN_PASSWORD is not set/),
    expect.stringMatching(/^failed configuration: PORT is "high"/),
  ])
  const told = await check({ GEO_DB: '/geo.mmdb' }, {}, { whyNotWritable: () => 'permission denied' })
  expect(told).toContainEqual(
    expect.stringMatching(/^failed DATA_DIR: \/data cannot be written \(permission denied\)/),
  )
  expect(told).toContainEqual(expect.stringMatching(/^failed GEO_DB: \/geo.mmdb cannot be read/))
})

test('warns of passwords: one that everybody knows, one read as several, one for two roles', async () => {
  const told = await check({ RELAY_PASSWORD: 'my hackme', ADMIN_PASSWORD: 'my' }, {})
  expect(told.filter((line) => line.startsWith('warning configuration'))).toEqual([
    expect.stringContaining('"hackme"'),
    expect.stringContaining('RELAY_PASSWORD is read as 2 passwords'),
    expect.stringContaining('ADMIN_PASSWORD is also a relay password'),
  ])
})

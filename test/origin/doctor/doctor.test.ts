import { describe, expect, test } from 'vitest'
import { originChecks } from '../../../origin/doctor/doctor.ts'
import type { Rim } from '../../../origin/doctor/rim.ts'
import { basic } from '../../kit/audio/source.ts'

const nowMs = Date.parse('2026-11-25T12:00:00Z')
const dated = { Date: 'Wed, 25 Nov 2026 12:00:00 GMT' }

/** Servers by what they answer to `METHOD URL`; a request with another login than theirs gets 401. */
type World = Record<
  string,
  { login?: string; status?: number; body?: string; headers?: Record<string, string> }
>

/** The outside world; every request to something that is not in it is refused. */
function rimOf(world: World): Rim & { asked: string[] } {
  const asked: string[] = []
  const answer: typeof fetch = async (input, init) => {
    const request = `${init?.method} ${input}`
    asked.push(request)
    const found = world[request]
    if (!found) throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 192.0.2.1:1') })
    const { login, status = 200, body = '', headers = {} } = found
    const given = new Headers(init?.headers).get('authorization')
    if (login !== undefined && given !== login) return new Response('no', { status: 401, headers })
    return new Response(body, { status, headers })
  }
  return {
    fetch: answer,
    asked,
    nowMs: () => nowMs,
    read: () => undefined,
    connectTls: () => {
      throw new Error('no TLS here')
    },
  }
}

const admin = { setting: 'edge admin password', user: 'admin', password: 'edge-admin' }
const relay = basic('relay', 'rp')
const edge = 'http://edge.example'
const self = 'http://127.0.0.1:8002'
const server = (over: object) => ({
  id: 'relay1.example:8002',
  role: 'slave',
  urls: ['http://relay1.example:8002'],
  out: null,
  listeners: 1,
  maxListeners: 256,
  free: 255,
  mounts: ['/live.mp3'],
  ...over,
})
const cluster = (over: object = {}): World => ({
  [`GET ${self}/status-json.xsl`]: { headers: { Server: 'distributary' } },
  [`GET ${self}/admin/stats`]: { login: basic('admin', 'ap') },
  'GET http://relay1.example:8002/healthz': {},
  [`GET ${edge}/admin/streamlist.txt`]: {
    login: relay,
    body: 'http://master.example:8001/live.mp3\n',
    headers: dated,
  },
  'GET http://master.example:8001/admin/streamlist.txt': { login: relay, body: '/live.mp3\n' },
  [`GET ${edge}/api/servers`]: {
    login: basic('admin', 'edge-admin'),
    body: JSON.stringify([server(over)]),
  },
})
const slave = (password = 'rp') => [
  ...`--port 8002 --public-url http://relay1.example:8002 --master ${edge} --admin-password ap`.split(' '),
  '--master-password',
  password,
]
const check = async (world: World, args = slave(), login: typeof admin | 'none' = admin) => {
  const checks = await originChecks(args, {}, login === 'none' ? undefined : login, rimOf(world))
  return checks.map(({ grade, name, text, todo }) => `${grade} ${name}: ${text}${todo ? `; ${todo}` : ''}`)
}

describe('the doctor of a slave', () => {
  test('finds nothing wrong with one that is well', async () => {
    expect(await check(cluster())).toEqual([
      'ok configuration: OK',
      `ok this server: runs at ${self} as distributary`,
      `ok admin password at ${self}: accepted`,
      'ok http://relay1.example:8002 from this machine: answers',
      `ok master password at ${edge}: accepted`,
      `ok clock against ${edge}: 0 s apart`,
      `ok mounts listed by ${edge}: /live.mp3`,
      'ok relay password at http://master.example:8001: accepted',
      `ok relay1.example:8002 in the draw of ${edge}: yes: 1 of 256 listeners, 255 free, 1 mount`,
    ])
  })

  test('says that the edge cannot reach it, as the probe of the edge found', async () => {
    const notes = ['the edge cannot reach http://relay1.example:8002 (no answer in time)']
    const told = await check(cluster({ out: 'unreachable', notes }))
    expect(told).toContainEqual(
      expect.stringMatching(/^failed relay1\S+ in the draw of \S+: no: unreachable; .*firewall/),
    )
    expect(told).toContainEqual(expect.stringContaining(notes[0] ?? ''))
  })

  test('says that its password is wrong at the edge, and asks no master for which it has none', async () => {
    const told = await check(cluster(), slave('rp rp2'))
    expect(told).toContainEqual(
      expect.stringMatching(/^failed master password at .*: rejected; .*a space in it/),
    )
    expect(told.join('\n')).not.toContain('master.example')
  })

  test('says that its master has another relay password than the edge: it counts as a listener there', async () => {
    const world = cluster()
    world['GET http://master.example:8001/admin/streamlist.txt'] = { login: basic('relay', 'other') }
    expect(await check(world)).toContainEqual(
      expect.stringMatching(
        /^failed relay password at http:\/\/master\S+: rejected; .*relays count as listeners/,
      ),
    )
  })

  test('says what a redirect to https, an empty list and a wrong clock mean', async () => {
    const moved = { status: 301, headers: { Location: 'https://edge.example/admin/streamlist.txt' } }
    expect(await check({ ...cluster(), [`GET ${edge}/admin/streamlist.txt`]: moved })).toContainEqual(
      expect.stringMatching(/"Always Use HTTPS".* set the URL to https:\/\/edge\.example$/),
    )
    const late = { headers: { Date: 'Wed, 25 Nov 2026 11:00:00 GMT' } }
    const told = await check({ ...cluster(), [`GET ${edge}/admin/streamlist.txt`]: late })
    expect(told).toContainEqual(expect.stringMatching(/^warning clock .* 3600 s ahead/))
    expect(told).toContainEqual(expect.stringMatching(/^warning mounts listed by \S+: none; .*source/))
  })

  test('does not ask about the draw without the password of the admin, and says so', async () => {
    const told = await check(cluster(), slave(), 'none')
    expect(told.at(-1)).toMatch(/^ok the draw of \S+: not asked: set EDGE_ADMIN_PASSWORD/)
  })

  test('says that it does not run, and that nobody answers', async () => {
    const told = await check({})
    expect(told).toContainEqual(
      expect.stringMatching(/^warning this server: no answer .*connection refused.*start it/),
    )
    expect(told).toContainEqual(
      expect.stringMatching(/^warning http:\/\/relay1\S+ from this machine: connection refused/),
    )
    expect(told).toContainEqual(expect.stringMatching(/^failed master password at \S+: connection refused/))
  })
})

describe('the doctor of a master', () => {
  const args = [
    '--port',
    '8001',
    '--public-url',
    'https://master.example:8443',
    ...'--source-password sp --relay-password rp --edge http://edge.example --edge-password mp'.split(' '),
  ]
  const here = 'http://127.0.0.1:8001'

  test('tries its source password where no mount is touched, and the edge password as user master too', async () => {
    const world: World = {
      [`GET ${here}/status-json.xsl`]: {},
      [`PUT ${here}/healthz`]: { login: basic('source', 'sp'), status: 403 },
      [`GET ${here}/admin/streamlist.txt`]: { login: basic('relay', 'another') },
      [`GET ${edge}/admin/streamlist.txt`]: { login: basic('master', 'mp') },
      [`GET ${edge}/api/servers`]: { body: '<html>' },
    }
    const rim = rimOf(world)
    const checks = await originChecks(args, {}, admin, rim)
    const told = checks.map(({ grade, name, todo = '' }) => `${grade} ${name} ${todo}`.trim())
    expect(told).toContain(`ok source password at ${here}`)
    expect(told).toContain(
      `failed relay password at ${here} the running server has another: restart it, or send SIGHUP`,
    )
    expect(told).toContain(`ok edge password at ${edge}`)
    expect(told).toContainEqual(expect.stringMatching(/^failed edge admin password at \S+ is it an edge/))
    expect(told).toContainEqual(expect.stringMatching(/^failed certificate of https:\/\/master/))
    expect(rim.asked.filter((request) => !request.startsWith('GET '))).toEqual([`PUT ${here}/healthz`])
  })
})

test('a configuration that is not valid ends the doctor with its one mistake', async () => {
  expect(await check({}, ['--port', 'high'])).toEqual([
    expect.stringMatching(/^failed configuration: --port is "high"/),
  ])
})

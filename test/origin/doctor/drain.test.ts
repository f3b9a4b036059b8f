import { describe, expect, test } from 'vitest'
import { type DrainCall, parseDrainCall, runDrain } from '../../../origin/doctor/drain.ts'
import { basic } from '../../kit/audio/source.ts'

const call = (over: Partial<DrainCall> = {}): DrainCall => ({
  command: 'drain',
  url: 'http://127.0.0.1:8000',
  user: 'admin',
  password: 'pw',
  waits: true,
  deadlineMs: 60_000,
  ...over,
})

/** A server whose listeners leave as told, one look after the other, and the clock of the one who waits. */
async function drained(over: Partial<DrainCall>, listeners: readonly number[], status = 200) {
  let nowMs = 0
  let looks = 0
  const said: string[] = []
  const requests: string[] = []
  const answer: typeof fetch = async (input, init) => {
    const { pathname } = new URL(String(input))
    requests.push(`${init?.method} ${pathname} ${new Headers(init?.headers).get('authorization')}`)
    if (pathname !== '/admin/stats') return new Response('', { status })
    const left = listeners[Math.min(looks++, listeners.length - 1)]
    const source = '<source mount="/a"><listeners>99</listeners></source>'
    return new Response(
      `<?xml version="1.0"?>\n<icestats><clients>7</clients><listeners>${left}</listeners>${source}</icestats>`,
    )
  }
  const code = await runDrain(call(over), {
    fetch: answer,
    nowMs: () => nowMs,
    wait: async (ms) => {
      nowMs += ms
    },
    say: (line) => said.push(line),
  })
  return { code, said, requests, nowMs }
}

describe('distributary drain', () => {
  test('asks as the admin, and does not wait unless told to', async () => {
    const { code, said, requests } = await drained({ waits: false }, [3])
    expect(code).toBe(0)
    expect(requests).toEqual([`POST /admin/drain ${basic('admin', 'pw')}`])
    expect(said).toEqual(['http://127.0.0.1:8000 is draining: no new listeners'])
  })

  test('--wait: until the last listener has left, and says now and then how many are left', async () => {
    const { code, said, nowMs } = await drained({}, [3, 3, ...Array(12).fill(1), 0])
    expect(code).toBe(0)
    expect(nowMs).toBe(14_000)
    expect(said.slice(1)).toEqual(['3 listeners left', '1 listener left', 'no listener is left'])
  })

  test('--deadline: ends with exit code 1 where listeners stay', async () => {
    const { code, said, nowMs } = await drained({ deadlineMs: 2500 }, [2])
    expect(code).toBe(1)
    expect(nowMs).toBe(2500)
    expect(said.at(-1)).toBe('2 listeners left')
  })

  test('ends with exit code 2 where the server rejects it or is not there', async () => {
    const rejected = await drained({}, [0], 401)
    expect(rejected.code).toBe(2)
    expect(rejected.said).toEqual([
      'could not drain http://127.0.0.1:8000: answered 401; the user or the password is wrong',
    ])
    const said: string[] = []
    const nobody: typeof fetch = async () => {
      throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:8000') })
    }
    const rim = {
      fetch: nobody,
      nowMs: () => 0,
      wait: async () => {},
      say: (line: string) => said.push(line),
    }
    expect(await runDrain(call({ command: 'undrain', waits: false }), rim)).toBe(2)
    expect(said).toEqual(['could not undrain http://127.0.0.1:8000: connection refused'])
  })
})

describe('the flags of distributary drain', () => {
  const parse = (line: string, env = {}) => parseDrainCall('drain', line.split(' '), env)

  test('are those of the origin, and its own', () => {
    expect(parse('--port 8010 --bind 10.0.0.1 --admin-password pw --wait --deadline 60')).toEqual(
      call({ url: 'http://10.0.0.1:8010', deadlineMs: 60_000 }),
    )
    expect(parse('--port 8010', { ORIGIN_ADMIN_PASSWORD: 'pw' })).toMatchObject({
      url: 'http://127.0.0.1:8010',
      waits: false,
      deadlineMs: 3_600_000,
    })
    expect(parse('--url=https://r.example:8443/ --admin-password pw').url).toBe('https://r.example:8443')
  })

  test('that are wrong or missing are named with what is allowed', () => {
    expect(() => parse('--port 8010')).toThrow('no admin password is set: set --config')
    expect(() => parse('--deadline soon --admin-password pw')).toThrow(
      '--deadline is "soon", expected seconds',
    )
    expect(() => parse('--url r.example --admin-password pw')).toThrow('--url is "r.example", expected http')
    expect(() => parseDrainCall('undrain', ['--wait', '--admin-password', 'pw'], {})).toThrow('--wait')
  })
})

import { describe, expect, test } from 'vitest'
import { ask } from '../../../shared/doctor/ask.ts'
import type { ConnectTls } from '../../../shared/doctor/certificate.ts'
import { failure, fine } from '../../../shared/doctor/check.ts'
import { checkPublicUrls } from '../../../shared/doctor/public-url.ts'
import { askServers } from '../../../shared/doctor/servers.ts'
import { printBasic } from '../../../shared/http/credentials.ts'
import { serverAgent } from '../../../shared/version.ts'

/** A server that answers so, or the error of a connection to it; and what it was asked. */
function answering(answer: () => Response | Error) {
  const asked: { url: string; init: RequestInit | undefined }[] = []
  const fetchIt: typeof fetch = (url, init) => {
    asked.push({ url: String(url), init })
    const given = answer()
    return given instanceof Error ? Promise.reject(given) : Promise.resolve(given)
  }
  return { fetchIt, asked }
}
const refused = () => new Error('connect ECONNREFUSED 127.0.0.1:8000')

describe('one request', () => {
  test('has its answer with what checks need, and follows no redirect', async () => {
    const date = 'Thu, 26 Nov 2026 20:00:00 GMT'
    const headers = { date, location: 'https://b/', server: 'Icecast 2.4.4' }
    const { fetchIt, asked } = answering(() => new Response('moved', { status: 302, headers }))
    expect(await ask(fetchIt, 'http://a/x')).toEqual({ status: 302, text: 'moved', ...headers })
    expect(asked).toMatchObject([
      {
        url: 'http://a/x',
        init: { method: 'GET', redirect: 'manual', headers: { 'user-agent': serverAgent } },
      },
    ])
    expect(new Headers(asked[0]?.init?.headers).has('authorization')).toBe(false)
    await ask(fetchIt, 'http://a/x', { method: 'PUT', authorization: 'Basic eDp5' })
    expect(asked[1]?.init).toMatchObject({ method: 'PUT', headers: { authorization: 'Basic eDp5' } })
  })

  test('without an answer, or with one that is too long, has the problem in plain words', async () => {
    expect(await ask(answering(refused).fetchIt, 'http://a')).toEqual({ problem: 'connection refused' })
    const long = 16 * 1_048_576
    const lengthOf = async (bytes: number) => {
      const asked = await ask(answering(() => new Response(new Uint8Array(bytes))).fetchIt, 'http://a')
      return 'text' in asked ? asked.text.length : asked.problem
    }
    expect([await lengthOf(long), await lengthOf(long + 1)]).toEqual([
      long,
      'an answer of more than 16777216 bytes',
    ])
  })
})

describe('the servers that a decider knows', () => {
  const login = { setting: 'edge admin password', user: 'admin', password: 'pässword' }
  const known = {
    id: 'a',
    role: 'slave',
    urls: ['http://a'],
    out: null,
    listeners: 1,
    maxListeners: 2,
    free: 1,
    mounts: ['/live.mp3'],
  }
  const from = (answer: () => Response | Error) => askServers(answering(answer).fetchIt, 'http://edge', login)

  test.for([null, 'stale', 'leaving', 'draining', 'drained', 'full', 'unreachable', 'no mounts'])(
    'are told with why one gets no listener: %s',
    async (out) => {
      for (const role of ['slave', 'master'])
        expect(await from(() => Response.json([{ ...known, role, out, other: 7 }]))).toEqual({
          servers: [{ ...known, role, out }],
        })
    },
  )

  test('are asked for at the API, with the login', async () => {
    const { fetchIt, asked } = answering(() => Response.json([]))
    expect(await askServers(fetchIt, 'http://edge', login)).toEqual({ servers: [] })
    expect(asked).toMatchObject([
      { url: 'http://edge/api/servers', init: { headers: { authorization: printBasic(login) } } },
    ])
  })

  test('are not known where the login is rejected, nobody answers, or the answer is something else', async () => {
    const name = 'edge admin password at http://edge'
    const rejected = await from(() => new Response('', { status: 401 }))
    expect(rejected).toMatchObject({ check: { name, grade: 'failed', text: 'rejected' } })
    expect(await from(refused)).toMatchObject({ check: { name, text: 'connection refused' } })
    const odd = failure(
      name,
      'the answer is not a list of servers',
      'is it an edge, or a master that decides itself?',
    )
    for (const text of ['<html>', '{}', '[{"id":"a"}]', '[{}]'])
      expect(await from(() => new Response(text)), text).toEqual({ check: odd })
  })
})

describe('a public URL', () => {
  const now = Date.UTC(2026, 0, 1)
  const certificate = { valid_to: 'Jun 1 00:00:00 2026 GMT', issuer: { O: 'CA' } }
  const socket: ReturnType<ConnectTls> = {
    authorized: true,
    authorizationError: undefined,
    getPeerCertificate: () => certificate,
    destroy: () => {},
    once: () => {},
    setTimeout: () => {},
  }
  const shows: ConnectTls = (_, listener) => {
    queueMicrotask(listener)
    return socket
  }
  const breaks: ConnectTls = () => ({
    ...socket,
    once: (event, tell) => event === 'error' && queueMicrotask(() => tell(new Error('ECONNREFUSED'))),
  })
  const check = async (url: string, connectTls = shows) => {
    const { fetchIt, asked } = answering(() => new Response('ok', { headers: { server: 'x' } }))
    const checks = await checkPublicUrls([url], '--public-url', {
      fetch: fetchIt,
      connectTls,
      nowMs: () => now,
    })
    return { checks, asked: asked.map(({ url }) => url) }
  }
  const reached = (url: string) => fine(`${url} from this machine`, 'answers as x')

  test('is asked whether it is well, and one of https shows its certificate', async () => {
    expect(await check('http://a.example')).toEqual({
      checks: [reached('http://a.example')],
      asked: ['http://a.example/healthz'],
    })
    expect((await check('https://a.example')).checks).toEqual([
      reached('https://a.example'),
      fine('certificate of https://a.example', 'valid until 2026-06-01 (issued by CA)'),
    ])
    expect((await check('https://a.example', breaks)).checks).toEqual([
      reached('https://a.example'),
      failure('certificate of https://a.example', 'connection refused'),
    ])
  })

  test('of this machine alone is a warning that names the setting, and is not asked', async () => {
    const { checks, asked } = await check('http://127.0.0.1:8000')
    expect(checks).toMatchObject([
      {
        grade: 'warning',
        text: 'only this machine reaches it',
        todo: expect.stringContaining('--public-url'),
      },
    ])
    expect(asked).toEqual([])
  })
})

import { expect, test } from 'vitest'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { reportOf } from '../../kit/parts/reports.ts'

/**
 * Facts about 302 for audio that can be tested with an edge alone, each named by its topic.
 * Facts that need a browser, a player or a slave: test/live/pages/browser.test.ts, peers-players.test.ts, slave-redirect.test.ts.
 */
const both = (id: string) =>
  reportOf(id, { urls: [`http://${id}.example:8000`, `https://${id}.example:8443`] })
const secure = { secure: true }

test('Status: always 302 Found, since Icecast’s relays follow nothing else', async () => {
  const { ask } = edgeOf(both('a'), reportOf('m', { role: 'master' }))
  for (const [method, headers] of [
    ['GET', {}],
    ['HEAD', {}],
    ['GET', { 'User-Agent': 'Icecast 2.4.4' }],
    ['GET', { Range: 'bytes=0-1' }],
  ] as const)
    expect((await ask('/live.mp3', headers, method)).status).toBe(302)
})

test('Precedent: one hop, to the server itself', async () => {
  const { ask } = edgeOf(both('a'))
  expect((await ask('/live.mp3')).headers.get('location')).toBe('http://a.example:8000/live.mp3')
})

test('<audio>: every answer about a mount may be read by every page, the failures too', async () => {
  const { ask } = edgeOf(both('a'), reportOf('full', { mounts: [], listeners: 100 }))
  const full = edgeOf(reportOf('a', { listeners: 100 }))
  for (const answer of [
    await ask('/live.mp3'),
    await ask('/none'),
    await ask('/live.mp3', {}, 'POST'),
    await full.ask('/live.mp3'),
  ]) {
    expect(answer.headers.get('access-control-allow-origin'), String(answer.status)).toBe('*')
    expect(answer.headers.get('access-control-allow-credentials')).toBeNull()
  }
})

test('fetch/MSE: the preflight that Icy-MetaData causes is answered 204 with what it asks for', async () => {
  const { ask } = edgeOf(both('a'))
  const answer = await ask('/live.mp3', { 'Access-Control-Request-Headers': 'icy-metadata' }, 'OPTIONS')
  expect([answer.status, await answer.text()]).toEqual([204, ''])
  expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
  expect(answer.headers.get('access-control-allow-headers')).toBe('Icy-MetaData, Range')
  expect(answer.headers.get('access-control-max-age')).toBe('86400')
})

test.for(['authorization', 'icy-metadata,authorization', 'Authorization, range'])(
  'a preflight for %s allows Authorization',
  async (asked) => {
    const { ask } = edgeOf(both('a'))
    const answer = await ask('/members.mp3', { 'Access-Control-Request-Headers': asked }, 'OPTIONS')
    expect(answer.headers.get('access-control-allow-headers')).toBe('Icy-MetaData, Range, Authorization')
  },
)

test.for(['x-authorization', 'authorization-x', 'range'])(
  'a preflight for %s does not mention Authorization',
  async (asked) => {
    const { ask } = edgeOf(both('a'))
    const answer = await ask('/members.mp3', { 'Access-Control-Request-Headers': asked }, 'OPTIONS')
    expect(answer.headers.get('access-control-allow-headers')).toBe('Icy-MetaData, Range')
  },
)

test('a server behind a path of a proxy: Location is its url and the mount', async () => {
  const { ask } = edgeOf(reportOf('a', { urls: ['https://proxy.example/radio/8000'] }))
  expect((await ask('/live.mp3?a=1')).headers.get('location')).toBe(
    'https://proxy.example/radio/8000/live.mp3?a=1',
  )
})

test('a token in the query goes along to the server', async () => {
  const { ask } = edgeOf(reportOf('a'))
  const answer = await ask('/live.mp3?token=a%2Bb&x=gone&token=2')
  expect(answer.headers.get('location')).toBe('http://a.example.org:8000/live.mp3?token=a%2Bb&x=-&token=2')
})

test('Mixed content, https -> http Location: an https request goes to an https url', async () => {
  const { ask } = edgeOf(both('a'), reportOf('b', { maxListeners: 1_000_000 }))
  for (let i = 0; i < 50; i++)
    expect((await ask('/live.mp3', {}, 'GET', secure)).headers.get('location')).toBe(
      'https://a.example:8443/live.mp3',
    )
})

test('http -> https Location: an http request keeps its scheme where the server has both', async () => {
  const { ask } = edgeOf(both('a'))
  expect((await ask('/live.mp3')).headers.get('location')).toBe('http://a.example:8000/live.mp3')
})

test('Behind TLS proxy: the Location is the server’s own url, whatever Host the request has', async () => {
  const { ask } = edgeOf(both('a'))
  const answer = await ask(
    '/live.mp3',
    { Host: 'localhost', 'X-Forwarded-Host': 'evil.example' },
    'GET',
    secure,
  )
  expect(answer.headers.get('location')).toBe('https://a.example:8443/live.mp3')
})

test('Embedded: the Location adds nothing to the url, the mount and the query', async () => {
  const { ask } = edgeOf(both('a'))
  const answer = await ask('/live.mp3?a=1&b=2')
  expect(answer.headers.get('location')).toBe('http://a.example:8000/live.mp3?a=1&b=2')
})

test('TuneIn: the edge requires no login and no token', async () => {
  const { ask } = edgeOf(both('a'))
  const answer = await ask('/live.mp3')
  expect(answer.headers.get('www-authenticate')).toBeNull()
  expect(answer.headers.get('set-cookie')).toBeNull()
})

test('radio-browser, HEAD: a checker gets the same 302, and takes no slot', async () => {
  const { ask, redirected } = edgeOf(both('a'))
  const head = await ask('/live.mp3', {}, 'HEAD')
  expect(head.headers.get('location')).toBe((await ask('/live.mp3')).headers.get('location'))
  expect(redirected).toHaveLength(1)
})

test('Credentials in URL: neither the listener’s login nor a secret of the cluster is in the Location', async () => {
  const { ask } = edgeOf(both('a'))
  const answer = await ask('/live.mp3', { Authorization: `Basic ${btoa('anna:pass')}` })
  expect(answer.headers.get('location')).toBe('http://a.example:8000/live.mp3')
})

test('Caching of 302, CDN caching: no answer about a mount may be cached', async () => {
  const { ask } = edgeOf(both('a'))
  for (const answer of [await ask('/live.mp3'), await ask('/none'), await ask('/live.mp3.m3u')]) {
    expect(answer.headers.get('cache-control')).toBe('no-store, no-cache, private, max-age=0')
    expect([answer.headers.get('pragma'), answer.headers.get('expires')]).toEqual(['no-cache', '0'])
  }
  const redirect = await ask('/live.mp3')
  expect([redirect.headers.get('content-length'), redirect.headers.get('referrer-policy')]).toEqual([
    '0',
    'no-referrer',
  ])
})

test('Range on live: the edge leaves a range to the server', async () => {
  const { ask } = edgeOf(both('a'))
  const answer = await ask('/live.mp3', { Range: 'bytes=0-' })
  expect([answer.status, answer.headers.get('content-range')]).toEqual([302, null])
})

test('Alternates: no Link headers, a playlist names them instead', async () => {
  const { ask } = edgeOf(both('a'), both('b'))
  expect((await ask('/live.mp3')).headers.get('link')).toBeNull()
})

test('Icecast as relay: goes to the master by its http url, never to a slave', async () => {
  const { ask } = edgeOf(
    both('a'),
    both('b'),
    reportOf('m', { role: 'master', urls: ['https://m.example', 'http://m.example'] }),
  )
  for (let i = 0; i < 50; i++) {
    const answer = await ask('/live.mp3', { 'User-Agent': 'Icecast 2.4.0-kh22' })
    expect(answer.headers.get('location')).toBe('http://m.example/live.mp3')
  }
})

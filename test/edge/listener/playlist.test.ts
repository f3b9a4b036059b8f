import { describe, expect, test } from 'vitest'
import type { MountReport } from '../../../shared/report/report.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { reportOf } from '../../kit/parts/reports.ts'

describe('docs/protocol.md#requests-to-an-edge: playlists for players that do not redirect', () => {
  const both = (id: string) => reportOf(id, { urls: [`http://${id}.example`, `https://${id}.example`] })
  const { ask, redirected } = edgeOf(...['a', 'b', 'c', 'd', 'e', 'f', 'g'].map(both))

  test('name the edge first, then five different servers', async () => {
    const reply = await ask('/live.mp3.m3u?token=1')
    expect([reply.status, reply.headers.get('content-type')]).toEqual([200, 'audio/x-mpegurl; charset=utf-8'])
    expect(reply.headers.get('cache-control')).toBe('no-store, no-cache, private, max-age=0')
    const lines = (await reply.text()).trimEnd().split('\r\n')
    expect(lines[0]).toBe('http://edge.example/live.mp3?token=1')
    expect(lines).toHaveLength(6)
    expect(new Set(lines).size).toBe(6)
    for (const line of lines.slice(1)) expect(line).toMatch(/^http:\/\/[a-g]\.example\/live\.mp3\?token=1$/)
    expect(redirected, 'no listener was redirected yet').toEqual([])
  })

  test('name the edge by the scheme of the request, if the edge has an address of that scheme', async () => {
    const both = { base: 'https://edge.example', here: 'http://edge.example:8000' }
    const playlist = await (await ask('/live.mp3.m3u', {}, 'GET', both)).text()
    expect(playlist.split('\r\n')[0]).toBe('http://edge.example:8000/live.mp3')
  })

  test('name no server at an address of the other IP family', async () => {
    const { ask } = edgeOf(
      reportOf('four', { urls: ['http://192.0.2.7'] }),
      reportOf('six', { urls: ['http://[2001:db8::7]'] }),
    )
    const lines = async (address: string) =>
      (await (await ask('/live.mp3.m3u', {}, 'GET', { address })).text()).trimEnd().split('\r\n').slice(1)
    expect(await lines('2001:db8::1')).toEqual(['http://[2001:db8::7]/live.mp3'])
    expect(await lines('192.0.2.1')).toEqual(['http://192.0.2.7/live.mp3'])
    expect((await ask('/live.mp3', {}, 'GET', { address: '2001:db8::1' })).headers.get('location')).toBe(
      'http://[2001:db8::7]/live.mp3',
    )
  })

  test('keep the scheme, in all three formats', async () => {
    const secure = { secure: true, base: 'https://edge.example' }
    expect(await (await ask('/live.mp3.pls', {}, 'GET', secure)).text()).toMatch(
      /File2=https:\/\/[a-g]\.example\/live\.mp3\r/,
    )
    const xspf = await ask('/live.mp3.xspf')
    expect(xspf.headers.get('content-type')).toBe('application/xspf+xml; charset=utf-8')
    expect(await xspf.text()).toContain('<location>http://edge.example/live.mp3</location>')
    expect(await (await ask('/live.mp3.xspf', {}, 'HEAD')).text()).toBe('')
  })

  test('exist only for known mounts, and a mount with exactly that name takes precedence', async () => {
    expect((await ask('/other.mp3.m3u')).status).toBe(404)
    const named = edgeOf(
      reportOf('a'),
      reportOf('b', {
        mounts: [{ ...reportOf('b').mounts.at(0), mount: '/live.mp3.m3u' } as MountReport],
      }),
    )
    expect((await named.ask('/live.mp3.m3u')).headers.get('location')).toBe(
      'http://b.example.org:8000/live.mp3.m3u',
    )
  })

  test('of a full cluster still name the edge', async () => {
    const full = edgeOf(reportOf('a', { listeners: 100 }))
    expect(await (await full.ask('/live.mp3.m3u')).text()).toBe('http://edge.example/live.mp3\r\n')
  })
})

test('docs/draw.md#stickiness: the two requests of an AVPlayer reach the same server, and count once', async () => {
  const { ask, redirected } = edgeOf(...Array.from({ length: 20 }, (_, i) => reportOf(`s${i}`)))
  const apple = { 'User-Agent': 'AppleCoreMedia/1.0.0.20G75 (iPhone; U; CPU OS 16_6 like Mac OS X)' }
  const seen = new Set<string>()
  for (let i = 0; i < 40; i++) {
    const from = { address: `192.0.2.${i}` }
    const probe = await ask('/live.mp3', { ...apple, Range: 'bytes=0-1' }, 'GET', from)
    const real = await ask(
      '/live.mp3',
      { ...apple, Range: 'bytes=0-1073741822', 'Icy-MetaData': '1' },
      'GET',
      from,
    )
    expect(real.headers.get('location')).toBe(probe.headers.get('location'))
    seen.add(real.headers.get('location') ?? '')
  }
  expect(redirected).toHaveLength(40)
  expect(seen.size, 'listeners spread over the servers').toBeGreaterThan(10)
})

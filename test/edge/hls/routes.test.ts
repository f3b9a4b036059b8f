import { describe, expect, test } from 'vitest'
import { parseHlsPath } from '../../../shared/hls/paths.ts'
import { readMultivariant } from '../../kit/hls/hls-readers.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

const about = { hls: 4, samplerate: 44_100 }
const master = reportOf('m', { role: 'master', mounts: [mountReport('/live.mp3', { about })] })
const cluster = () =>
  edgeOf(
    master,
    reportOf('a'),
    reportOf('b'),
    reportOf('c'),
    reportOf('d:8000', { urls: ['http://d.example:8000'] }),
  )

describe('the multivariant playlist of an edge', () => {
  test('names four servers at most, with a session, and says who steers', async () => {
    const { ask, redirected } = cluster()
    const answer = await ask('/live.mp3.m3u8?token=1&x=a&_HLS_pathway=b&s=old')
    expect(answer.status).toBe(200)
    expect(answer.headers.get('content-type')).toBe('application/vnd.apple.mpegurl')
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const text = await answer.text()
    const { variants } = readMultivariant(text)
    expect(variants.length).toBe(4)
    expect(new Set(variants.map(({ uri }) => new URL(uri).host)).size).toBe(4)
    expect(text).not.toContain('http://a.example.org') // it sent this listener back
    const [, steering = ''] = /CONTENT-STEERING:SERVER-URI="([^"]+)",PATHWAY-ID="([^"]+)"/.exec(text) ?? []
    const [first] = variants
    const sessions = new Set(
      [...variants.map(({ uri }) => uri), `http://e${steering}`].map((url) =>
        new URL(url).searchParams.get('s'),
      ),
    )
    expect(sessions.size).toBe(1)
    for (const { uri, codecs, bandwidth } of variants) {
      const url = new URL(uri)
      expect(parseHlsPath(url.pathname)).toEqual({ mount: '/live.mp3', object: { kind: 'media' } })
      expect([...url.searchParams.keys()]).toEqual(['token', 's'])
      expect([codecs, bandwidth]).toEqual(['mp4a.40.34', 145_000]) // segments of 128 kbit/s hold more than the audio
    }
    expect(redirected.map(({ report }) => report.urls[0])).toEqual([first && new URL(first.uri).origin])
  })

  test('says the codec that its master found in the frames, whatever slaves pass on', async () => {
    const contentType = 'audio/aac; codecs=mp4a.40.5'
    const mounts = (type: string, by: object) => [mountReport('/live.aac', { contentType: type, ...by })]
    const { ask } = edgeOf(
      reportOf('a', { mounts: mounts('audio/aac', {}) }),
      reportOf('m', { role: 'master', mounts: mounts(contentType, { about: { hls: 4 } }) }),
    )
    const { variants } = readMultivariant(await (await ask('/live.aac.m3u8')).text())
    expect(variants.map(({ codecs }) => codecs)).toEqual(['mp4a.40.5', 'mp4a.40.5'])
  })

  test('is a new session each time; a HEAD counts for nobody', async () => {
    const { ask, redirected } = cluster()
    const sessionIn = async () => /s=([\w-]{16})/.exec(await (await ask('/live.mp3.m3u8')).text())?.[1]
    expect(await sessionIn()).not.toBe(await sessionIn())
    expect(redirected.length).toBe(2)
    expect((await ask('/live.mp3.m3u8', {}, 'HEAD')).status).toBe(200)
    expect(redirected.length).toBe(2)
  })

  test('names the same server first to both requests of one Apple player, and counts no probe for two bytes', async () => {
    const { ask, redirected } = cluster()
    const firstFor = async (headers: Record<string, string>) =>
      readMultivariant(await (await ask('/live.mp3.m3u8', headers)).text()).variants[0]?.uri.split('?')[0]
    const player = { 'user-agent': 'AppleCoreMedia/1.0.0 (iPhone)' }
    const firsts = new Set<string | undefined>()
    for (let i = 0; i < 10; i++)
      firsts.add(await firstFor(i % 2 === 0 ? player : { ...player, range: 'bytes=0-1' }))
    expect(firsts.size).toBe(1)
    expect(redirected.length).toBe(5)
  })

  test('is 404 for a mount that nobody carries or packages, and 503 where there is no room', async () => {
    const full = reportOf('m', {
      role: 'master',
      listeners: 100,
      mounts: [mountReport('/live.mp3', { about }), mountReport('/off.mp3', { about: {} })],
    })
    const { ask } = edgeOf(full)
    expect((await ask('/nobody.mp3.m3u8')).status).toBe(404)
    expect((await ask('/off.mp3.m3u8')).status).toBe(404)
    const busy = await ask('/live.mp3.m3u8')
    expect(busy.status).toBe(503)
    expect(Number(busy.headers.get('retry-after'))).toBeGreaterThanOrEqual(5)
  })

  test('names the codec of Ogg that its master reports, also where a slave was asked first', async () => {
    const ogg = mountReport('/live.ogg', { contentType: 'audio/ogg; codecs=opus', about })
    const { ask } = edgeOf(
      reportOf('a', { mounts: [mountReport('/live.ogg', { contentType: 'audio/ogg' })] }),
      reportOf('m', { role: 'master', mounts: [ogg] }),
    )
    const { variants } = readMultivariant(await (await ask('/live.ogg.m3u8')).text())
    expect(variants.map(({ codecs }) => codecs)).toEqual(['opus', 'opus'])
  })

  test('leaves a mount of that very name alone', async () => {
    const { ask } = edgeOf(master, reportOf('a', { mounts: [mountReport('/live.mp3.m3u8')] }))
    expect((await ask('/live.mp3.m3u8')).status).toBe(302)
  })
})

describe('the steering manifest', () => {
  const steering = '/hls/live.mp3/steering.json'

  test('keeps the pathway of a session, and offers the others', async () => {
    const { ask, redirected } = cluster()
    const answer = await ask(`${steering}?s=ABCDEFGHIJKLMNOP&p=a,b&_HLS_pathway=b&_HLS_throughput=1`)
    expect(answer.headers.get('cache-control')).toBe('no-store')
    const manifest = (await answer.json()) as Record<string, unknown>
    const priority = manifest['PATHWAY-PRIORITY'] as string[]
    expect(priority[0]).toBe('b')
    expect([...priority].sort()).toEqual(['a', 'b', 'c', 'd_3a8000', 'm'])
    const clones = manifest['PATHWAY-CLONES'] as { ID: string; 'BASE-ID': string }[]
    expect(clones.map(({ ID }) => ID).sort()).toEqual(['c', 'd_3a8000', 'm'])
    expect(JSON.stringify(clones)).toContain(
      'http://d.example:8000/hls/live.mp3/media.m3u8?s=ABCDEFGHIJKLMNOP',
    )
    expect(redirected).toEqual([])
  })

  test('offers the others to a client that does not say what its playlist named, as clones of what it listens to', async () => {
    const { ask } = cluster()
    const answer = await ask(`${steering}?s=ABCDEFGHIJKLMNOP&_HLS_pathway=b`)
    const manifest = (await answer.json()) as Record<string, unknown>
    const clones = manifest['PATHWAY-CLONES'] as { ID: string; 'BASE-ID': string }[]
    expect(clones.map(({ ID }) => ID).sort()).toEqual(['a', 'c', 'd_3a8000', 'm'])
    expect(new Set(clones.map((clone) => clone['BASE-ID']))).toEqual(new Set(['b']))
  })

  test('knows the pathway of a session also as a quoted string, as some players send it', async () => {
    const { ask, redirected } = cluster()
    for (const server of ['a', 'b', 'c']) {
      const answer = await ask(`${steering}?p=a,b,c&_HLS_pathway=%22${server}%22`)
      const { 'PATHWAY-PRIORITY': priority } = (await answer.json()) as { 'PATHWAY-PRIORITY': string[] }
      expect(priority[0]).toBe(server)
    }
    expect(redirected).toEqual([])
  })

  test('moves the sessions of a server that is out, and counts them where they go', async () => {
    const { ask, redirected } = edgeOf(master, reportOf('a', { state: 'draining' }), reportOf('b'))
    const answer = await ask(`${steering}?p=a,b&_HLS_pathway=a`)
    const { 'PATHWAY-PRIORITY': priority } = (await answer.json()) as { 'PATHWAY-PRIORITY': string[] }
    expect([...priority].sort()).toEqual(['b', 'm'])
    expect(redirected.map(({ report }) => report.id)).toEqual([priority[0]])
  })

  test.each([
    '',
    '?_HLS_pathway=nobody',
    '?_HLS_pathway=%3Cscript%3E&p=%3Cscript%3E,a',
    `?s=${'x'.repeat(1000)}&p=${'a,'.repeat(1000)}`,
  ])('has an answer for the query %j, and passes on none of it', async (query) => {
    const { ask } = cluster()
    const answer = await ask(steering + query)
    const text = await answer.text()
    expect(answer.status).toBe(200)
    expect(text).not.toMatch(/script|xxx|nobody/)
    expect(text.length).toBeLessThan(3000)
  })

  test('is 404 for a mount that is not there, and for a path that is not an object', async () => {
    const { ask } = cluster()
    for (const path of [
      '/hls/nobody.mp3/steering.json',
      '/hls/',
      '/hls/x',
      '/hls/live.mp3/../steering.json',
      '/hls/live.mp3/-1.mp3',
    ])
      expect((await ask(path)).status, path).toBe(404)
  })
})

test('a method that is not served below /hls/ is 405, which a page of any origin may read', async () => {
  for (const path of ['/hls/live.mp3/media.m3u8', '/hls/live.mp3/steering.json', '/hls/x']) {
    const answer = await cluster().ask(path, {}, 'POST')
    expect([answer.status, answer.headers.get('access-control-allow-origin')]).toEqual([405, '*'])
    expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
  }
})

test('a relay that asks the edge for an object is sent to the master; a player is told where to begin', async () => {
  const { ask } = cluster()
  const relay = await ask('/hls/live.mp3/5.mp3', { 'user-agent': 'Icecast-compatible distributary/0.1.0' })
  expect([relay.status, relay.headers.get('location')]).toEqual([
    302,
    'http://m.example.org:8000/hls/live.mp3/5.mp3',
  ])
  expect((await ask('/hls/live.mp3/5.mp3')).status).toBe(404)
})

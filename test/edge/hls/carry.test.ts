import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { PrintedPlaylist } from '../../../shared/hls/media-playlist.ts'
import { parsePathways } from '../../kit/hls/hls-readers.ts'
import { edgeWith } from '../../kit/parts/edge-app.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

const about = { hls: 4, samplerate: 44_100 }
const masterOf = (over: Parameters<typeof reportOf>[1] = {}) =>
  reportOf('m', { role: 'master', mounts: [mountReport('/live.mp3', { about })], ...over })
const full = { listeners: 100 }
const playlist = new PrintedPlaylist({
  targetSeconds: 4,
  behindSeconds: undefined,
  sequence: 5,
  discontinuitySequence: 0,
  segments: [{ uri: '5.mp3', seconds: 4, startMs: 0, discontinuity: false, init: undefined }],
  titles: [],
  ended: false,
}).textFor('')

/** An edge that carries, and what it asked of masters. */
function carrying(
  mode: string,
  reports: ReturnType<typeof reportOf>[],
  answers: Record<string, () => Response>,
) {
  const asked: { url: string; authorization: string | null }[] = []
  const edge = edgeWith(
    {
      env: { HLS_EDGE: mode },
      fetch: async (url, init) => {
        asked.push({ url: String(url), authorization: new Headers(init?.headers).get('authorization') })
        return (answers[String(url)] ?? (() => new Response('none', { status: 404 })))()
      },
    },
    ...reports,
  )
  return { ...edge, asked }
}
const m = 'http://m.example.org:8000/hls/live.mp3'
const audio = new Uint8Array([1, 2, 3, 4, 5])
const answers = {
  [`${m}/media.m3u8`]: () => new Response(playlist),
  [`${m}/5.mp3`]: () => new Response(audio),
}
const login = `Basic ${btoa('relay:relay-secret')}`

describe('an edge that carries for everybody', () => {
  test('is the first pathway of the playlist, and servers are the others; none of them is counted', async () => {
    const { ask, redirected } = carrying('always', [masterOf(), reportOf('a')], {})
    const text = await (await ask('/live.mp3.m3u8?token=1')).text()
    const [first, ...others] = parsePathways(text)
    expect(first).toMatchObject({ id: 'edge' })
    expect(first?.url).toMatch(/^http:\/\/edge\.example\/hls\/live\.mp3\/media\.m3u8\?token=1&s=[\w-]{16}$/)
    expect(others.map(({ id }) => id).sort()).toEqual(['a', 'm'])
    expect(redirected).toEqual([])
  })

  test('keeps its sessions, and takes those of servers', async () => {
    const { ask, redirected } = carrying('always', [masterOf(), reportOf('a')], {})
    for (const current of ['edge', 'a']) {
      const answer = await ask(`/hls/live.mp3/steering.json?p=edge,a&_HLS_pathway=${current}`)
      const manifest = (await answer.json()) as { 'PATHWAY-PRIORITY': string[] }
      expect(manifest['PATHWAY-PRIORITY'][0]).toBe('edge')
    }
    expect(redirected).toEqual([])
  })

  test('is not named to a player that cannot be told its address, unless it knows it already', async () => {
    const { ask } = carrying('always', [masterOf(), reportOf('a')], {})
    const steered = async (p: string) => {
      const path = `/hls/live.mp3/steering.json?p=${p}&_HLS_pathway=a`
      const answer = await ask(path, {}, 'GET', { base: undefined })
      return ((await answer.json()) as { 'PATHWAY-PRIORITY': string[] })['PATHWAY-PRIORITY'][0]
    }
    expect([await steered('a'), await steered('edge,a')]).toEqual(['a', 'edge'])
  })

  test('fetches each object once from the master, as a relay, and gives each session its own playlist', async () => {
    const { ask, asked } = carrying('always', [masterOf(), reportOf('a')], answers)
    const media = await ask('/hls/live.mp3/media.m3u8?s=ABCDEFGHIJKLMNOP')
    expect(media.headers.get('content-type')).toBe('application/vnd.apple.mpegurl')
    expect(media.headers.get('cache-control')).toBe('max-age=2')
    expect(media.headers.get('access-control-allow-origin')).toBe('*')
    expect(await media.text()).toBe(playlist.replace('5.mp3', '5.mp3?s=ABCDEFGHIJKLMNOP'))
    const segments = await Promise.all(Array.from({ length: 1000 }, () => ask('/hls/live.mp3/5.mp3')))
    for (const segment of segments) expect(new Uint8Array(await segment.arrayBuffer())).toEqual(audio)
    expect(segments[0]?.headers.get('cache-control')).toBe('public, max-age=3600, immutable')
    expect(asked).toEqual([
      { url: `${m}/media.m3u8`, authorization: login },
      { url: `${m}/5.mp3`, authorization: login },
    ])
  })

  test('answers ranges and HEAD', async () => {
    const { ask } = carrying('always', [masterOf()], answers)
    const part = await ask('/hls/live.mp3/5.mp3', { range: 'bytes=1-2' })
    expect([part.status, part.headers.get('content-range')]).toEqual([206, 'bytes 1-2/5'])
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(audio.subarray(1, 3))
    const head = await ask('/hls/live.mp3/5.mp3', {}, 'HEAD')
    expect([head.status, head.headers.get('content-length'), await head.text()]).toEqual([200, '5', ''])
  })

  test('packs playlists for players that take gzip, and tells the length to a HEAD', async () => {
    const { ask } = carrying('always', [masterOf(), reportOf('a'), reportOf('b')], answers)
    for (const path of ['/hls/live.mp3/media.m3u8', '/live.mp3.m3u8']) {
      const packed = await ask(path, { 'accept-encoding': 'br, gzip' })
      expect([path, packed.headers.get('content-encoding'), packed.headers.get('vary')]).toEqual([
        path,
        'gzip',
        'Accept-Encoding',
      ])
      const body = new Uint8Array(await packed.arrayBuffer())
      expect(packed.headers.get('content-length')).toBe(String(body.length))
      expect(gunzipSync(body).toString()).toMatch(/^#EXTM3U\n/)
      const plain = await ask(path, { 'accept-encoding': 'identity' })
      expect(plain.headers.get('content-encoding')).toBeNull()
      const replaced = await ask(path, { 'accept-encoding': 'br, gzip' }, 'GET', { encodings: '' })
      expect([path, replaced.headers.get('content-encoding')], 'the client itself takes none').toEqual([
        path,
        null,
      ])
      const text = await plain.text()
      const head = await ask(path, {}, 'HEAD')
      expect([head.headers.get('content-length'), await head.text()]).toEqual([String(text.length), ''])
    }
  })

  test('sends its password to no server but a master that has reported', async () => {
    const { ask, asked } = carrying(
      'always',
      [reportOf('a'), reportOf('b', { role: 'master', mounts: [mountReport('/other.mp3')] })],
      answers,
    )
    expect((await ask('/hls/live.mp3/5.mp3')).status).toBe(404)
    expect(asked).toEqual([])
  })

  test('follows no redirect with its password', async () => {
    const { ask, asked } = carrying('always', [masterOf()], {
      [`${m}/5.mp3`]: () =>
        new Response(null, { status: 302, headers: { location: 'http://elsewhere.example/' } }),
    })
    expect((await ask('/hls/live.mp3/5.mp3')).status).toBe(503)
    expect(asked.length).toBe(1)
  })

  test('asks the next master where the first fails', async () => {
    const { ask } = carrying(
      'always',
      [masterOf(), reportOf('a', { role: 'master', mounts: [mountReport('/live.mp3', { about })] })],
      {
        ...answers,
        'http://a.example.org:8000/hls/live.mp3/5.mp3': () => {
          throw new TypeError('refused')
        },
      },
    )
    expect((await ask('/hls/live.mp3/5.mp3')).status).toBe(200)
  })

  test('asks each url of a master, then the next master, and one that failed last', async () => {
    const urls = ['http://m.example.org:8000', 'https://m.example.org:8443']
    const other = reportOf('n', { role: 'master', mounts: [mountReport('/live.mp3', { about })] })
    const refuse = () => {
      throw new TypeError('refused')
    }
    const { ask, asked } = carrying('always', [other, masterOf({ urls })], {
      [`${urls[0]}/hls/live.mp3/5.mp3`]: refuse,
      [`${urls[0]}/hls/live.mp3/media.m3u8`]: refuse,
      'http://n.example.org:8000/hls/live.mp3/6.mp3': () => new Response(audio),
    })
    expect((await ask('/hls/live.mp3/6.mp3')).status).toBe(200)
    expect((await ask('/hls/live.mp3/5.mp3')).status).toBe(404)
    expect((await ask('/hls/live.mp3/7.mp3')).status).toBe(404)
    const path = (url: string) => url.replace('/hls/live.mp3', '')
    const segments = asked.filter(({ url }) => url.endsWith('.mp3'))
    expect(segments.map(({ url }) => path(url))).toEqual([
      `${urls[0]}/6.mp3`,
      `${urls[1]}/6.mp3`,
      'http://n.example.org:8000/6.mp3',
      `${urls[0]}/5.mp3`,
      `${urls[1]}/5.mp3`,
      'http://n.example.org:8000/5.mp3',
      `${urls[1]}/7.mp3`,
      'http://n.example.org:8000/7.mp3',
      `${urls[0]}/7.mp3`,
    ])
  })

  test('gives nobody the audio of a mount that asks who may listen', async () => {
    const guarded = { headers: { 'cache-control': 'private, max-age=2' } }
    const { ask } = carrying('always', [masterOf()], {
      [`${m}/media.m3u8`]: () => new Response(playlist, guarded),
      [`${m}/5.mp3`]: () => new Response(audio, guarded),
    })
    for (const name of ['media.m3u8', '5.mp3']) {
      const answer = await ask(`/hls/live.mp3/${name}`)
      expect([name, answer.status]).toEqual([name, 403])
    }
  })
})

describe('an edge that carries what overflows', () => {
  test('is in no playlist while a server has room, and alone in it where none has', async () => {
    const roomy = carrying('overflow', [masterOf(), reportOf('a')], {})
    expect(await (await roomy.ask('/live.mp3.m3u8')).text()).not.toContain('"edge"')
    const { ask } = carrying('overflow', [masterOf(full), reportOf('a', full)], {})
    const answer = await ask('/live.mp3.m3u8')
    expect(answer.status).toBe(200)
    expect(parsePathways(await answer.text()).map(({ id }) => id)).toEqual(['edge'])
  })

  test('cannot carry what no live master has', async () => {
    const { ask } = carrying('overflow', [reportOf('a', full)], {})
    expect((await ask('/live.mp3.m3u8')).status).toBe(503)
  })

  test('keeps its sessions until a server has room, and counts those that go there', async () => {
    const steering = '/hls/live.mp3/steering.json?p=edge&_HLS_pathway=edge'
    const priorityIn = async (answer: Response) =>
      ((await answer.json()) as { 'PATHWAY-PRIORITY': string[] })['PATHWAY-PRIORITY']
    const crowded = carrying('overflow', [masterOf(full), reportOf('a', full)], {})
    expect(await priorityIn(await crowded.ask(steering))).toEqual(['edge'])
    const roomy = carrying('overflow', [masterOf(full), reportOf('a')], {})
    expect((await priorityIn(await roomy.ask(steering)))[0]).toBe('a')
    expect(roomy.redirected.length).toBe(1)
  })

  test('takes the sessions of a drained server where no other has room', async () => {
    const { ask } = carrying('overflow', [masterOf(full), reportOf('a', { state: 'draining' })], {})
    const answer = await ask('/hls/live.mp3/steering.json?p=a&_HLS_pathway=a')
    const manifest = (await answer.json()) as Record<string, unknown>
    expect(manifest['PATHWAY-PRIORITY']).toEqual(['edge', 'a'])
    expect(JSON.stringify(manifest['PATHWAY-CLONES'])).toContain(
      'http://edge.example/hls/live.mp3/media.m3u8',
    )
  })
})

test('a server that is called edge has another pathway than the edge', async () => {
  const { ask } = carrying('always', [masterOf(), reportOf('edge')], {})
  const ids = parsePathways(await (await ask('/live.mp3.m3u8')).text()).map(({ id }) => id)
  expect(ids[0]).toBe('edge')
  expect([...ids].sort()).toEqual(['_65dge', 'edge', 'm'])
})

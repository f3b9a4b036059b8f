import { describe, expect, test } from 'vitest'
import { View } from '../../../shared/draw/view.ts'
import type { Report } from '../../../shared/report/report.ts'
import { edgeOf } from '../../kit/parts/edge-app.ts'
import { mountOf, mountReport, reportOf, serverOf } from '../../kit/parts/reports.ts'

const about = {
  title: 'Song "1" – <b>🎻',
  artist: 'A',
  name: 'Radio',
  description: 'D',
  genre: 'talk',
  site: 'https://radio.example/',
  since: '2026-11-23T01:53:52Z',
  samplerate: 44_100,
  channels: 2,
}
const masterOf = (over: Partial<Report> = {}, said = {}) =>
  reportOf('m', {
    role: 'master',
    mounts: [mountReport('/live.mp3', { about: { ...about, ...said }, listeners: 3 })],
    ...over,
  })

interface Stats {
  icestats: { source?: Record<string, unknown> }
}
const sourceOf = async (reply: Response) => ((await reply.json()) as Stats).icestats.source

describe('the current track, at the edge', () => {
  test('/status-json.xsl has everything that the master reported, under the names of Icecast', async () => {
    const slave = reportOf('s', { mounts: [mountReport('/live.mp3', { listeners: 4 })] })
    const { ask } = edgeOf(slave, masterOf())
    expect(await sourceOf(await ask('/status-json.xsl'))).toEqual({
      artist: 'A',
      bitrate: 128,
      channels: 2,
      genre: 'talk',
      listener_peak: 7,
      listeners: 7,
      listenurl: 'http://edge.example/live.mp3',
      samplerate: 44_100,
      server_description: 'D',
      server_name: 'Radio',
      server_type: 'audio/mpeg',
      server_url: 'https://radio.example/',
      stream_start: 'Mon, 23 Nov 2026 01:53:52 +0000',
      stream_start_iso8601: '2026-11-23T01:53:52+0000',
      title: 'Song "1" – <b>🎻',
      dummy: null,
    })
  })

  test('a mount without a description has the defaults of Icecast', async () => {
    const { ask } = edgeOf(reportOf('s'))
    expect(await sourceOf(await ask('/status-json.xsl'))).toMatchObject({
      genre: 'various',
      server_name: 'Unspecified name',
      server_description: 'Unspecified description',
    })
  })

  test("a slave's description of a mount is ignored: only its master's counts", async () => {
    const slave = reportOf('s', {
      mounts: [mountReport('/live.mp3', { about: { title: 'S', hidden: true } })],
    })
    const { ask } = edgeOf(slave)
    expect(await sourceOf(await ask('/status-json.xsl'))).not.toHaveProperty('title')
  })

  test('/now gives the current track to web sites of any host, cached for two seconds', async () => {
    const { ask } = edgeOf(masterOf())
    const reply = await ask('/now')
    expect(reply.headers.get('access-control-allow-origin')).toBe('*')
    expect(reply.headers.get('cache-control')).toMatch(/max-age=2$/)
    expect(await reply.json()).toEqual([
      {
        mount: '/live.mp3',
        url: 'http://edge.example/live.mp3',
        hls: null,
        title: about.title,
        artist: 'A',
        name: 'Radio',
        description: 'D',
        genre: 'talk',
        site: 'https://radio.example/',
        listeners: 3,
        since: '2026-11-23T01:53:52Z',
      },
    ])
  })

  test('the page and playlists name the stream, and a title cannot leave its text', async () => {
    const { ask } = edgeOf(masterOf())
    const page = await (await ask('/')).text()
    expect(page).toContain('A - Song &quot;1&quot; – &lt;b&gt;🎻')
    expect(page).not.toContain('<b>🎻')
    expect(await (await ask('/live.mp3.pls')).text()).toContain('Title1=Radio\r\n')
  })

  test.for([{ hidden: true }, { noMount: true }])(
    'a mount with %j is in no list, page or playlist, even while only slaves carry it',
    async (flags) => {
      const slave = reportOf('s', { mounts: [mountReport('/live.mp3'), mountReport('/seen.mp3')] })
      const gone = reportOf('m', { role: 'master', mounts: [], seq: 2, boot: 'b' })
      for (const reports of [
        [slave, masterOf({}, flags)],
        [slave, masterOf({ seq: 1, boot: 'b' }, flags), gone],
      ]) {
        const { ask } = edgeOf(...reports)
        for (const path of ['/', '/status-json.xsl', '/status-json.xsl?mount=/live.mp3', '/now'])
          expect(await (await ask(path)).text(), path).not.toContain('live.mp3')
        expect(await (await ask('/')).text()).toContain('/seen.mp3')
        for (const kind of ['m3u', 'pls', 'xspf']) expect((await ask(`/live.mp3.${kind}`)).status).toBe(404)
        expect((await ask('/live.mp3')).status, 'who knows its name is redirected').toBe(302)
      }
    },
  )
})

describe('the peak of a mount', () => {
  const mount = mountOf('/live.mp3')
  const put = (view: View, id: string, listeners: number, atMs: number, over: Partial<Report> = {}) =>
    view.put(
      serverOf(
        id,
        { mounts: [mountReport('/live.mp3', { listeners, about: over.role && about })], ...over },
        { receivedAtMs: atMs },
      ),
    )
  const peakOf = (view: View) => view.mounts.get(mount)?.listenerPeak

  test('is the most over all live servers at once', () => {
    const view = new View(100)
    put(view, 'm', 10, 0, { role: 'master' })
    put(view, 'a', 5, 0)
    put(view, 'b', 7, 1)
    put(view, 'a', 1, 2)
    expect(peakOf(view)).toBe(22)
    // b stopped reporting long ago, and its listeners moved to a: they must not count twice
    put(view, 'm', 10, 100_000, { role: 'master' })
    put(view, 'a', 9, 100_000)
    expect(peakOf(view)).toBe(22)
    put(view, 'a', 14, 100_001)
    expect(peakOf(view)).toBe(24)
  })

  test('begins again with the source', () => {
    const view = new View(100)
    put(view, 'm', 10, 0, { role: 'master' })
    put(view, 'm', 2, 1, { role: 'master' })
    expect(peakOf(view)).toBe(10)
    const later = { ...about, since: '2026-11-23T02:00:00Z' }
    view.put(
      serverOf('m', { role: 'master', mounts: [mountReport('/live.mp3', { listeners: 3, about: later })] }),
    )
    expect(peakOf(view)).toBe(3)
  })
})

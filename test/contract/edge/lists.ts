import { describe, expect, test } from 'vitest'
import type { MountJson } from '../../../shared/api/json.ts'
import { basic } from '../../kit/audio/source.ts'
import { type EdgeClient, relaySender } from '../../kit/cluster/edge-client.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { secrets } from '../../kit/process/runtimes.ts'
import { masterSender } from './settings.ts'

const relay = basic('relay', secrets.relay)

/** The lists, API and pages of an edge for servers, operators, monitors and people (docs/protocol.md#requests-to-an-edge). */
export function listContract(client: () => EdgeClient): void {
  const list = async (path: string, headers: Record<string, string> = {}) => {
    const response = await client().ask(path, { headers: { Authorization: relay, ...headers } })
    expect(response.status, path).toBe(200)
    expect(response.headers.get('content-type')).toMatch(/^text\/plain/)
    return (await response.text()).split('\r\n').filter((line) => /listed/.test(line))
  }

  describe('the stream list', () => {
    test('names what live masters carry, absolute for stock slaves, by path for icecast-kh', async () => {
      const mounts = ['/listed-a.mp3', '/listed-b.mp3'].map((path) => mountReport(path))
      await client().report(reportOf('lists', { role: 'master', mounts }), masterSender)
      await client().report(reportOf('own', { mounts: [mountReport('/listed-own.mp3')] }))
      const paths = ['/listed-a.mp3', '/listed-b.mp3']
      const urls = paths.map((path) => `http://lists.example.org:8000${path}`)
      const kh = 'rserver=kh.example.org&rport=8000&interval=10'
      expect(await list('/admin/streamlist.txt')).toEqual(urls)
      expect(await list('/admin/streamlist.txt', { 'User-Agent': 'Icecast 2.4.0-kh15' })).toEqual(paths)
      expect(await list('/admin/streams')).toEqual(paths)
      expect(await list(`/admin/streams?${kh}`)).toEqual(paths)
      expect(await list(`/admin/streamlist.txt?${kh}`)).toEqual(paths)
    })

    test('registers an icecast-kh slave that sends rserver, rport and interval', async () => {
      expect(await client().server('kh.example.org:8000')).toMatchObject({
        role: 'slave',
        urls: ['http://kh.example.org:8000'],
        listeners: 0,
        maxListeners: 100,
        out: null,
        mounts: expect.arrayContaining(['/listed-a.mp3', '/listed-b.mp3']),
      })
      await client().asAdmin('/api/servers/kh.example.org%3A8000', 'DELETE')
    })

    test('S12: one NUL after a password is cut at every door, as Icecast 2.5.0 sends it', async () => {
      const as = (user: string, password: string) => ({ headers: { Authorization: basic(user, password) } })
      const status = async (path: string, user: string, password: string) =>
        (await client().ask(path, as(user, password))).status
      expect(await status('/admin/streamlist.txt', 'relay', `${relaySender.password}\0`)).toBe(200)
      expect(await status('/admin/streamlist.txt', 'relay', `${relaySender.password}\0\0`)).toBe(401)
      expect(await status('/api/servers', 'admin', `${secrets.admin}\0`)).toBe(200)
      expect(await status('/metrics', 'admin', `${secrets.admin}\0`)).toBe(200)
      const sender = { user: 'relay', password: `${relaySender.password}\0` }
      expect((await client().report(reportOf('nul'), sender)).status).toBe(200)
    })

    test('is rejected without credentials, and for an invalid registration', async () => {
      const before = await client().held()
      for (const path of ['/admin/streamlist.txt', '/admin/streams?rserver=a&rport=1&interval=5']) {
        const response = await client().ask(path)
        expect(response.status).toBe(401)
        expect(response.headers.get('www-authenticate')).toMatch(/^Basic/)
      }
      const bad = await client().ask('/admin/streams?rserver=a%2Fb&rport=1&interval=5', {
        headers: { Authorization: relay },
      })
      expect(bad.status).toBe(400)
      expect(await client().held()).toEqual(before)
    })
  })

  describe('the API', () => {
    test.each([
      ['GET', '/api/servers'],
      ['GET', '/api/mounts'],
      ['POST', '/api/servers/a/drain'],
      ['DELETE', '/api/servers/a'],
      ['GET', '/metrics'],
    ])('%s %s is for the admin alone', async (method, path) => {
      for (const headers of [{}, { Authorization: relay }, { Authorization: basic('admin', 'wrong') }])
        expect(
          (await client().ask(path, { method, headers: headers as Record<string, string> })).status,
        ).toBe(401)
    })

    test('shows a server with every field of the contract, unknown numbers null', async () => {
      await client().report(
        reportOf('shown', { listeners: 3, mounts: [mountReport('/shown.mp3', { listeners: 3 })] }),
      )
      const all = (await (await client().asAdmin('/api/servers')).json()) as { id: string }[]
      expect(all.find(({ id }) => id === 'shown')).toMatchObject({
        id: 'shown',
        role: 'slave',
        urls: ['http://shown.example.org:8000'],
        state: 'up',
        ageSeconds: expect.any(Number),
        interval: 10,
        listeners: 3,
        maxListeners: 100,
        bandwidth: null,
        maxBandwidth: null,
        free: 97,
        mounts: ['/shown.mp3'],
        out: null,
      })
    })

    test('shows a mount with its listeners summed over its servers', async () => {
      await client().report(
        reportOf('shown-2', {
          listeners: 4,
          mounts: [mountReport('/shown.mp3', { listeners: 4, kbps: 64 })],
        }),
      )
      const all = (await (await client().asAdmin('/api/mounts')).json()) as MountJson[]
      expect(all.find(({ mount }) => mount === '/shown.mp3')).toEqual({
        mount: '/shown.mp3',
        listeners: 7,
        servers: ['shown', 'shown-2'],
        contentType: 'audio/mpeg',
        bitrate: 128,
      })
    })

    test('drains a server, which the reply to its next report says, and undrains it', async () => {
      const report = reportOf('drainable', { mounts: [mountReport('/drainable.mp3')] })
      await client().report(report)
      expect((await client().asAdmin('/api/servers/drainable/drain', 'POST')).status).toBe(204)
      expect(await client().server('drainable')).toMatchObject({ out: 'drained' })
      expect((await client().ask('/drainable.mp3', { method: 'HEAD' })).status).toBe(503)
      expect(await (await client().report(report)).text()).toContain('state draining\n')
      expect((await client().asAdmin('/api/servers/drainable/undrain', 'POST')).status).toBe(204)
      expect((await client().ask('/drainable.mp3', { method: 'HEAD' })).status).toBe(302)
    })

    test('deletes a server, which returns with its next report', async () => {
      const report = reportOf('deletable', { boot: 'b', seq: 9 })
      await client().report(report)
      expect((await client().asAdmin('/api/servers/deletable', 'DELETE')).status).toBe(204)
      expect(await client().server('deletable')).toBeUndefined()
      expect((await client().report(report)).status).toBe(200)
      expect(await client().server('deletable')).toBeDefined()
    })

    test.each([
      ['POST', '/api/servers/unknown/drain'],
      ['POST', '/api/servers/unknown/undrain'],
      ['DELETE', '/api/servers/unknown'],
    ])('%s %s is answered 404', async (method, path) => {
      expect((await client().asAdmin(path, method)).status).toBe(404)
    })
  })

  describe('the stats in the shape of Icecast', () => {
    const stats = async (query: string) => {
      const response = await client().ask(`/status-json.xsl${query}`)
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toMatch(/^application\/json/)
      return ((await response.json()) as { icestats: Record<string, unknown> }).icestats
    }

    test('have no source without mounts, an object for one, an array for more', async () => {
      const type = 'audio/x-"quoted\\" 1979'
      const mounts = [
        mountReport('/stats.mp3', { listeners: 5, contentType: type }),
        mountReport('/stats-2.mp3'),
      ]
      await client().report(reportOf('stats-1', { listeners: 5, mounts }), relaySender)
      await client().report(
        reportOf('stats-2', { listeners: 2, mounts: [mountReport('/stats.mp3', { listeners: 2 })] }),
      )
      expect(await stats('?mount=/stats-none.mp3')).not.toHaveProperty('source')
      expect(await stats('?mount=/stats.mp3')).toMatchObject({
        server_id: expect.stringMatching(/^Icecast/),
        // the clock of a new isolate of Workers is at 1970
        server_start_iso8601: expect.stringMatching(/^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$/),
        source: {
          listeners: 7,
          bitrate: 128,
          listenurl: `${client().url}/stats.mp3`,
          server_type: type,
          dummy: null,
        },
        dummy: null,
      })
      expect((await stats('')).source).toEqual(
        expect.arrayContaining([expect.objectContaining({ listenurl: `${client().url}/stats-2.mp3` })]),
      )
    })
  })

  describe('for monitors and people', () => {
    test.each(['/', '/healthz', '/status-json.xsl'])(
      'HEAD of %s is like GET, without the body',
      async (path) => {
        const whole = await client().ask(path)
        const head = await client().ask(path, { method: 'HEAD' })
        const after = await client().ask(path)
        expect(head.status).toBe(whole.status)
        expect(head.headers.get('content-type')).toBe(whole.headers.get('content-type'))
        // a minute of the history may have ended between the two
        const lengths = [whole, after].map(async (answer) => String((await answer.arrayBuffer()).byteLength))
        expect([null, ...(await Promise.all(lengths))]).toContain(head.headers.get('content-length'))
      },
    )

    test.each([
      ['PUT', '/', 'GET, HEAD, OPTIONS'],
      ['POST', '/status-json.xsl', 'GET, HEAD, OPTIONS'],
      ['PUT', '/admin/sourcelist.txt', 'POST, OPTIONS'],
      ['DELETE', '/admin/streamlist.txt', 'GET, HEAD, OPTIONS'],
    ])('%s of %s is answered 405 with Allow', async (method, path, allow) => {
      const response = await client().ask(path, { method })
      expect(response.status).toBe(405)
      expect(response.headers.get('allow')).toBe(allow)
    })

    test('/healthz is 200 while the edge can decide', async () => {
      expect((await client().ask('/healthz')).status).toBe(200)
    })

    test('/ is a page that shows mounts to everybody and servers to nobody, and loads nothing from other hosts; servers are for the admin', async () => {
      await client().report(reportOf('paged', { mounts: [mountReport('/%3Cb%3Epaged.mp3')] }))
      const response = await client().ask('/')
      expect(response.status).toBe(200)
      expect(response.headers.get('content-type')).toMatch(/^text\/html/)
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
      const page = await response.text()
      expect(page).toContain('/&lt;b&gt;paged.mp3')
      expect(page).not.toContain('paged.example.org')
      expect(page).not.toMatch(/(src|href)="(https?:)?\/\//)
      for (const path of ['/admin', '/admin/', '/api/cluster'])
        expect((await client().ask(path)).status, path).toBe(401)
      const whole = await (await client().asAdmin('/api/cluster')).text()
      expect(whole).toContain('http://paged.example.org:8000')
      for (const secret of [secrets.relay, secrets.admin, 'master-secret', 'bound-secret'])
        expect(whole).not.toContain(secret)
    })

    test('/admin is the control room; its files are served by the edge, and a browser keeps them', async () => {
      for (const path of ['/admin', '/admin/']) {
        const room = await client().asAdmin(path)
        expect(room.status, path).toBe(200)
        expect(room.headers.get('content-security-policy')).toMatch(/^default-src 'none'; script-src 'self';/)
        expect(room.headers.get('cache-control')).toBe('no-store')
      }
      const page = await (await client().asAdmin('/admin')).text()
      const files = [...page.matchAll(/"(\/admin\/assets\/[^"]+)"/g)].map(([, file]) => `${file}`)
      expect(files.map((file) => file.replace(/.*\./, '')).sort()).toEqual(['css', 'js', 'json'])
      for (const file of files) {
        const answer = await client().ask(file)
        expect(answer.status, file).toBe(200)
        expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
        expect((await answer.arrayBuffer()).byteLength).toBeGreaterThan(1000)
        const again = { headers: { 'If-None-Match': `${answer.headers.get('etag')}` } }
        expect((await client().ask(file, again)).status, file).toBe(304)
      }
    })

    test('a mount has a player page, whose hls.js is served by the edge, as gzip to browsers and as it is to others', async () => {
      await client().report(reportOf('played', { mounts: [mountReport('/played.mp3')] }))
      const page = await client().ask('/play/played.mp3')
      expect(page.status).toBe(200)
      const [, file = ''] = /data-hls-js="([^"]+)"/.exec(await page.text()) ?? []
      const lengths = new Set<number>()
      for (const encoding of ['gzip', 'identity']) {
        const answer = await client().ask(file, { headers: { 'Accept-Encoding': encoding } })
        expect(answer.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
        // fetch unpacks what is marked as gzip
        expect(await answer.text()).toMatch(/^\/\*! hls\.js [\d.]+,/)
        lengths.add(Number(answer.headers.get('content-length')))
        const again = { 'Accept-Encoding': encoding, 'If-None-Match': `${answer.headers.get('etag')}` }
        expect((await client().ask(file, { headers: again })).status, encoding).toBe(304)
      }
      expect(lengths.size).toBe(2)
      await client().asAdmin('/api/servers/played', 'DELETE')
    })

    test('an own path without a page is answered 404', async () => {
      for (const path of ['/admin/listclients', '/api', '/api/nothing'])
        expect((await client().asAdmin(path)).status, path).toBe(404)
    })
  })
}

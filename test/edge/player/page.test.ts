import { createHash } from 'node:crypto'
import { gunzipSync } from 'node:zlib'
import { describe, expect, test } from 'vitest'
import { hlsJs } from '../../../edge/player/hls-js.made.ts'
import { hlsJsAsset } from '../../../edge/player/page.ts'
import type { AboutMount } from '../../../shared/report/about-mount.ts'
import { edgeOf, edgeWith } from '../../kit/parts/edge-app.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

const masterOf = (name: string, about: AboutMount, contentType = 'audio/mpeg') =>
  reportOf('m', { role: 'master', mounts: [mountReport(name, { about, contentType })] })
const packaged = { hls: 4, name: 'Radio', artist: 'A', title: 'B' }

describe('the player page of a mount', () => {
  test('has its name and title, and says what the script has to know', async () => {
    const { ask, redirected } = edgeOf(masterOf('/live.mp3', packaged))
    const answer = await ask('/play/live.mp3?token=1')
    const text = await answer.text()
    expect(answer.status).toBe(200)
    expect(answer.headers.get('cache-control')).toContain('no-store')
    expect(text).toContain('<h1 dir="auto">Radio</h1>')
    expect(text).toContain('>A - B</p>')
    expect(text).toContain(
      'data-mount="/live.mp3" data-now="/now?mount=%2Flive.mp3" data-air="on" data-hls="on"',
    )
    expect(redirected).toEqual([])
  })

  test('is what the public page links to', async () => {
    const { ask } = edgeOf(masterOf('/a%20%22b.mp3', packaged))
    expect(await (await ask('/')).text()).toContain('<a href="/play/a%20%22b.mp3">Player</a>')
  })

  test('says that a mount is not an HLS stream: its format has none, or HLS is off', async () => {
    for (const [about, type] of [
      [{ name: 'Radio' }, 'audio/mpeg'],
      [{}, 'application/ogg'],
    ] as const)
      expect(await (await edgeOf(masterOf('/live', about, type)).ask('/play/live')).text()).toContain(
        'data-air="on" data-hls="off"',
      )
  })

  test.each([
    ['/nobody.mp3', {}],
    ['/hidden.mp3', { ...packaged, hidden: true }],
    ['/fallback.mp3', { ...packaged, noMount: true }],
  ])('of %s is 404, and names nothing but its path', async (path, about) => {
    const { ask } = edgeOf(masterOf('/hidden.mp3', about), masterOf('/fallback.mp3', about))
    const answer = await ask(`/play${path}`)
    const text = await answer.text()
    expect(answer.status).toBe(404)
    expect(answer.headers.get('content-type')).toMatch(/^text\/html/)
    expect(text).toContain(`<h1 dir="auto">${path}</h1>`)
    expect(text).toContain('data-air="off" data-hls="off"')
    expect(text).not.toContain('Radio')
  })

  test.each([
    ['/a%20b.mp3', '/a b.mp3'],
    ["/it's.mp3", '/it&#39;s.mp3'],
    ['/%22%3E%3Cscript%3Ealert(1)%3C%2Fscript%3E', undefined],
    ['/%22%3E%3Cimg%20src=x%20onerror=alert(1)%3E', '/&quot;&gt;&lt;img src=x onerror=alert(1)&gt;'],
    ['/%C3%BC.mp3', '/ü.mp3'],
    ['/a%3Fb%23c', '/a?b#c'],
  ])('of a mount named %s holds no markup of it', async (path, shown) => {
    const { ask } = edgeOf(masterOf(shown === undefined ? '/x' : path, { hls: 4 }))
    const answer = await ask(`/play${path}`)
    const text = await answer.text()
    expect(answer.status).toBe(shown === undefined ? 404 : 200)
    if (shown !== undefined) {
      expect(text).toContain(`<h1 dir="auto">${shown}</h1>`)
      expect(text).toContain(`data-mount="${path.replaceAll("'", '&#39;')}"`)
    }
    expect(text).not.toMatch(/<(?:img|script>alert)/)
  })

  test('holds no markup of a title or a name', async () => {
    const evil = '</title><script>alert(1)</script>"\'<img src=x onerror=alert(1)>'
    const { ask } = edgeOf(masterOf('/live.mp3', { hls: 4, name: evil, title: evil, artist: evil }))
    const text = await (await ask('/play/live.mp3')).text()
    expect(text).not.toMatch(/<img|<script>alert/)
    expect(text.match(/<\/title>/g)).toHaveLength(1)
  })

  test('may be shown in any frame, loads scripts from the edge alone, and runs none that is not its own', async () => {
    const { headers } = await edgeOf(masterOf('/live.mp3', packaged)).ask('/play/live.mp3')
    const policy = headers.get('content-security-policy') ?? ''
    expect(policy).not.toContain('frame-ancestors')
    expect(headers.has('x-frame-options')).toBe(false)
    expect(policy).toMatch(/script-src 'sha256-[^']+' 'self';/)
    expect(policy).not.toContain('unsafe')
    for (const page of ['/', '/admin'])
      expect(
        (
          await edgeOf(masterOf('/live.mp3', packaged)).ask(page, {
            Authorization: `Basic ${btoa('admin:admin-secret')}`,
          })
        ).headers.get('content-security-policy'),
      ).toContain("frame-ancestors 'none'")
  })

  test('a HEAD has its length and no body', async () => {
    const { ask } = edgeOf(masterOf('/live.mp3', packaged))
    const whole = await (await ask('/play/live.mp3')).arrayBuffer()
    const head = await ask('/play/live.mp3', {}, 'HEAD')
    expect([head.headers.get('content-length'), await head.text()]).toEqual([String(whole.byteLength), ''])
  })
})

describe('a mount whose name begins with /play/', () => {
  test('is reported and played as every other, and comes before the page of that path', async () => {
    const { ask } = edgeOf(
      masterOf('/live.mp3', packaged),
      reportOf('s', { mounts: [mountReport('/play/live.mp3')] }),
    )
    expect((await ask('/play/live.mp3')).headers.get('location')).toBe(
      'http://s.example.org:8000/play/live.mp3',
    )
    expect((await ask('/play/play/live.mp3')).status).toBe(200)
  })

  test('a relay is sent to no page', async () => {
    const { ask } = edgeOf(masterOf('/live.mp3', packaged))
    const answer = await ask('/play/live.mp3', { 'User-Agent': 'Icecast 2.4.4' })
    expect([answer.status, answer.headers.get('content-type')]).toEqual([404, 'text/plain; charset=utf-8'])
  })

  test('at an edge that knows no server yet goes to the last resort; a browser that opens a page gets one', async () => {
    const { ask } = edgeWith({ env: { LAST_RESORT_URL: 'http://backup.example/' } })
    expect((await ask('/play/live.mp3')).headers.get('location')).toBe('http://backup.example/play/live.mp3')
    const page = await ask('/play/live.mp3', { Accept: 'text/html,*/*;q=0.8' })
    expect([page.status, page.headers.get('content-type')]).toEqual([404, 'text/html; charset=UTF-8'])
  })
})

describe('hls.js at the edge', () => {
  const { ask } = edgeOf()
  const gzip = { 'Accept-Encoding': 'gzip, br' }

  test('is the file of its package, at a name that changes with it; packed for those that take it', async () => {
    const packed = await ask(hlsJsAsset.path, gzip)
    expect(packed.headers.get('content-encoding')).toBe('gzip')
    expect(packed.headers.get('vary')).toBe('Accept-Encoding')
    expect(packed.headers.get('cache-control')).toBe('public, max-age=31536000, immutable')
    const plain = await ask(hlsJsAsset.path, { 'Accept-Encoding': 'gzip;q=0' })
    expect(plain.headers.get('content-encoding')).toBe(null)
    const text = await plain.text()
    expect(gunzipSync(await packed.arrayBuffer()).toString()).toBe(text)
    expect(`sha256-${createHash('sha256').update(text).digest('base64')}`).toBe(hlsJs.hash)
  })

  test('is not sent again to a browser that has it, packed or not', async () => {
    for (const headers of [gzip, {}] as Record<string, string>[]) {
      const etag = (await ask(hlsJsAsset.path, headers)).headers.get('etag') ?? ''
      const again = await ask(hlsJsAsset.path, { ...headers, 'If-None-Match': etag })
      expect([again.status, await again.text()]).toEqual([304, ''])
    }
  })

  test('the page names it', async () => {
    expect(await (await ask('/play/live.mp3')).text()).toContain(`data-hls-js="${hlsJsAsset.path}"`)
  })
})

describe('/now', () => {
  test('of one mount names that alone, and the playlist of its HLS', async () => {
    const { ask } = edgeOf(
      masterOf('/ü b.mp3'.replace(' ', '%20').replace('ü', '%C3%BC'), packaged),
      reportOf('s'),
    )
    const [told, ...others] = (await (await ask('/now?mount=%2F%C3%BC%20b.mp3')).json()) as unknown[]
    expect(told).toMatchObject({
      mount: '/ü b.mp3',
      url: 'http://edge.example/%C3%BC%20b.mp3',
      hls: 'http://edge.example/%C3%BC%20b.mp3.m3u8',
    })
    expect(others).toEqual([])
    expect(await (await ask('/now?mount=/nobody')).json()).toEqual([])
  })

  test('has null for a mount without HLS', async () => {
    const { ask } = edgeOf(masterOf('/live.ogg', {}, 'application/ogg'))
    expect(await (await ask('/now')).json()).toMatchObject([{ mount: '/live.ogg', hls: null }])
  })
})

import { describe, expect, test } from 'vitest'
import { originInMemory } from '../../kit/parts/origin-app.ts'
import { mountOf } from '../../kit/parts/reports.ts'
import { fixture } from '../../kit/process/fixtures.ts'

const told = {
  'ice-name': 'Name',
  'ice-genre': 'rock',
  'ice-description': 'D',
  'ice-url': 'http://u.example/',
}

/** A server with a source with a title on /live.mp3, and a hidden one. */
function playing() {
  const origin = originInMemory('<mount><mount-name>/hidden</mount-name><hidden>1</hidden></mount>')
  origin.open('/live.mp3', told)
  origin.open('/hidden', { 'ice-name': 'Secret' })
  origin.state.mounts.get(mountOf('/live.mp3'))?.setTitle({ title: 'A & B', url: undefined })
  const get = async (path: string) => {
    const answer = await origin.ask(path)
    return { status: answer.status, type: answer.headers.get('content-type'), text: await answer.text() }
  }
  return { ...origin, get }
}

describe('the public stats', () => {
  test('leave out hidden mounts, and can be limited to one mount', async () => {
    const { get } = playing()
    for (const path of ['/status-json.xsl', '/status-json.xsl?mount=/live.mp3', '/admin/publicstats.json'])
      expect([path, (await get(path)).text]).toEqual([
        path,
        expect.stringMatching(/"title":"A & B"(?!.*Secret)/),
      ])
    for (const path of ['/status-json.xsl?mount=/hidden', '/status-json.xsl?mount=/nope'])
      expect((await get(path)).text).not.toContain('source')
  })

  test('can be read by pages of any site', async () => {
    const answer = await playing().ask('/status-json.xsl')
    expect(answer.headers.get('access-control-allow-origin')).toBe('*')
    expect(answer.headers.get('content-type')).toBe('application/json; charset=UTF-8')
  })
})

describe('the status page', () => {
  test.each(['/', '/status.xsl'])('%s shows the current titles, with links for players', async (path) => {
    const { text, type } = await playing().get(path)
    expect(type).toMatch(/^text\/html/)
    for (const part of ['Name', 'A &amp; B', 'rock', 'MP3', 'src="/live.mp3"', 'href="http://u.example/"'])
      expect(text).toContain(part)
    for (const kind of ['m3u', 'pls', 'xspf', 'vclt']) expect(text).toContain(`href="/live.mp3.${kind}"`)
    expect(text).not.toContain('Secret')
  })

  test('says that nothing plays', async () => {
    const answer = await originInMemory().ask('/')
    expect(await answer.text()).toMatch(/<p class="none">Nothing is playing/)
  })

  test('runs no script and has no script link from a source', async () => {
    const { open, ask } = originInMemory()
    const evil = '"\'><script>alert(1)</script>'
    open('/evil"<b>.mp3', {
      'ice-name': evil,
      'ice-description': evil,
      'ice-url': 'javascript:alert(1)',
      'ice-genre': evil,
    })
    const answer = await ask('/')
    expect(await answer.text()).not.toMatch(/<script>alert|<b>|href="javascript/)
    expect(answer.headers.get('content-security-policy')).toMatch(/script-src 'sha256-[^']+'; /)
  })

  test('server_version.xsl names the server and its admin', async () => {
    expect((await playing().get('/server_version.xsl')).text).toMatch(
      /distributary\/[\s\S]*icemaster@localhost|icemaster@localhost[\s\S]*distributary\//,
    )
  })
})

describe('a playlist', () => {
  test('of a mount contains its public URL, with the query, which may be a login', async () => {
    const { get } = playing()
    expect((await get('/live.mp3.m3u?token=1')).text).toBe('http://radio.example:8000/live.mp3?token=1\r\n')
    expect((await get('/live.mp3.m3u')).type).toMatch(/^audio\/x-mpegurl/)
  })

  test('exists for a hidden or missing mount too, and reveals nothing about it', async () => {
    const { get } = playing()
    for (const kind of ['m3u', 'pls', 'xspf', 'vclt'])
      for (const mount of ['/hidden', '/nope']) {
        const { status, text } = await get(`${mount}.${kind}`)
        expect([status, text]).toEqual([200, expect.stringContaining(`http://radio.example:8000${mount}`)])
        expect(text).not.toContain('Secret')
      }
  })

  test('pls has one entry with the name of the stream', async () => {
    const { text, type } = await playing().get('/live.mp3.pls')
    expect(type).toMatch(/^audio\/x-scpls/)
    expect(text).toContain('File1=http://radio.example:8000/live.mp3\r\nTitle1=Name\r\n')
  })

  test('xspf has the stats that Icecast 2.4 renders', async () => {
    const { text, type } = await playing().get('/live.mp3.xspf')
    expect(type).toMatch(/^application\/xspf\+xml/)
    expect(text).toContain(
      '<location>http://radio.example:8000/live.mp3</location>\n      <title>A &amp; B</title>\n      <annotation>Stream Title: Name\n' +
        'Stream Description: D\nContent Type:audio/mpeg\nCurrent Listeners: 0\nPeak Listeners: 0\nStream Genre: rock</annotation>\n      <info>http://u.example/</info>',
    )
  })

  test('vclt has one value per line, artist and title separate if the format separates them, and no line begun by a title', async () => {
    const { open, get, state } = playing()
    open('/v.ogg', {}, { contentType: 'application/ogg' }).push(fixture('vorbis.ogg'))
    expect((await get('/v.ogg.vclt')).text).toMatch(/^STREAMURL=.*\/v.ogg\nARTIST=Ä\nTITLE=Ünder\n/)
    state.mounts.get(mountOf('/live.mp3'))?.setTitle({ title: 'x\nGENRE=y', url: undefined })
    const { text, type } = await get('/live.mp3.vclt')
    expect(type).toMatch(/^audio\/x-vclt/)
    expect(text).toBe(
      'STREAMURL=http://radio.example:8000/live.mp3\nTITLE=x GENRE=y\nSERVER_NAME=Name\nDESCRIPTION=D\nSIGNALINFO=\nGENRE=rock\n==\n',
    )
  })

  test('of an invalid name of a mount does not exist', async () => {
    const { get } = playing()
    for (const path of ['/a//b.m3u', '/.m3u', '/a%2fb.pls']) expect((await get(path)).status, path).toBe(404)
  })
})

describe('metrics', () => {
  test('are only for the admin', async () => {
    for (const login of [undefined, 'relay:r', 'source:s', 'admin:x'])
      expect((await originInMemory().ask('/metrics', login)).status).toBe(401)
  })

  test('are in the text format of Prometheus, with a row for each mount', async () => {
    const { ask, state } = playing()
    state.load.countRefused()
    const answer = await ask('/metrics', 'admin:a')
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/)
    const text = await answer.text()
    for (const line of text.trimEnd().split('\n'))
      expect(line).toMatch(
        /^(# (HELP|TYPE) \w+ .+|\w+(\{(\w+="([^"\\]|\\.)*",?)+\})? -?\d+(\.\d+)?(e[+-]\d+)?)$/,
      )
    for (const sample of [
      'refused_total 1',
      'joins_total 1',
      'mounts 2',
      'report_taken{decider="https://edge.example"} 1',
      'mount_listeners{mount="/live.mp3",kind="source"} 0',
      'relays{state="running"} 0',
    ])
      expect(text).toContain(`distributary_origin_${sample}\n`)
    expect(text).toMatch(/distributary_origin_process_resident_memory_bytes [1-9]\d{6,}/)
  })

  test('have rows for at most a thousand mounts', async () => {
    const { open, ask } = originInMemory()
    for (let n = 0; n < 1100; n++) open(`/${n}.mp3`)
    const text = await (await ask('/metrics', 'admin:a')).text()
    expect(text.match(/_mount_listeners\{/g)).toHaveLength(1000)
    expect(text).toContain('distributary_origin_mounts 1100\n')
  })
})

test('a page cannot be framed, runs only its own script, and its forms send an Origin', async () => {
  const { ask, open } = originInMemory()
  open('/live.mp3', { 'ice-name': '<script>alert(1)</script>' })
  for (const path of ['/status.xsl', '/server_version.xsl', '/admin/stats.xsl', '/admin/listmounts.xsl']) {
    const answer = await ask(path, 'admin:a')
    const policy = answer.headers.get('content-security-policy')
    expect(policy, path).toContain("frame-ancestors 'none'")
    expect(policy, path).toMatch(/default-src 'none';.* script-src 'sha256-[^ ]+';/)
    expect(answer.headers.get('referrer-policy'), path).toBe('same-origin')
    expect(await answer.text(), path).not.toContain('<script>alert')
  }
})

import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { basic, numbered, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { originRuntimes, type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { listen } from '../../kit/wire/listener.ts'
import { connectRaw, exchange, type RawConnection } from '../../kit/wire/raw.ts'

const source = basic('source', secrets.source)
const admin = basic('admin', secrets.admin)
const relay = basic('relay', secrets.relay)
const request = (line: string, ...headers: string[]) => `${[line, ...headers].join('\r\n')}\r\n\r\n`
const statusOf = (answer: string) => Number(/^HTTP\/1\.[01] (\d{3})/.exec(answer)?.[1])
const headerOf = (answer: string, name: string) =>
  new RegExp(`^${name}: ?(.*)$`, 'im').exec((answer.split('\r\n\r\n')[0] ?? '').replaceAll('\r', ''))?.[1]
const bodyOf = (answer: string) => utf8(answer.slice(answer.indexOf('\r\n\r\n') + 4))
const utf8 = (latin1: string) => Buffer.from(latin1, 'latin1').toString()

describe.for(originRuntimes)('requests at an origin on %s', (runtime) => {
  let origin: Server
  let playing: Source
  beforeAll(async () => {
    origin = await startOrigin(runtime)
    playing = startSource({ url: `${origin.url}/live.mp3`, password: secrets.source, programme: numbered })
    await eventually(() => playing.sent > 40)
  })
  afterAll(async () => {
    playing?.close()
    await origin?.stop()
  })
  const ask = (text: string | Uint8Array) => exchange(origin.port, text)
  const raw = (text: string): RawConnection => {
    const connection = connectRaw(origin.port)
    onTestFinished(() => void connection.socket.destroy())
    connection.send(text)
    return connection
  }

  describe('bad heads', () => {
    const padded = (size: number) => {
      const [start, end] = ['GET /status-json.xsl HTTP/1.1\r\nx: ', '\r\n\r\n']
      return start + 'y'.repeat(size - start.length - end.length) + end
    }
    test('of 8 KiB and one byte get 431, of 8 KiB an answer', async () => {
      expect(statusOf(await ask(padded(8192)))).toBe(200)
      expect(statusOf(await ask(padded(8193)))).toBe(431)
    })

    test('with 65 header lines get 431, with 64 an answer', async () => {
      const lines = (count: number) => request('GET /status-json.xsl HTTP/1.0', ...Array(count).fill('x: y'))
      expect(statusOf(await ask(lines(64)))).toBe(200)
      expect(statusOf(await ask(lines(65)))).toBe(431)
    })

    test('that go on for a megabyte get 431 and a closed connection', async () => {
      expect(statusOf(await ask(`GET / HTTP/1.1\r\n${'x: y\r\n'.repeat(150_000)}`))).toBe(431)
    })

    test.each([
      ['garbage', '\x16\x03\x01\x02\x00\x01\x00'],
      ['no path', 'GET HTTP/1.1\r\n\r\n'],
      ['another protocol', 'GET / RTSP/1.0\r\n\r\n'],
      ['a NUL in a header', 'GET / HTTP/1.1\r\nx: \0\r\n\r\n'],
      ['a path with dot segments', request('GET /a/../b HTTP/1.1')],
      ['a path with two slashes', request('GET //a HTTP/1.1')],
      ['a path with an encoded slash', request('GET /a%2fb HTTP/1.1')],
      ['a path with an encoded NUL', request('GET /a%00 HTTP/1.1')],
    ])('with %s get 400', async (_, text) => {
      const answer = await ask(text)
      expect(statusOf(answer)).toBe(400)
      expect(bodyOf(answer)).not.toBe('')
    })

    test('with a method that is not supported get 405', async () => {
      const answer = await ask(request('BREW /live.mp3 HTTP/1.1'))
      expect(statusOf(answer)).toBe(405)
      expect(headerOf(answer, 'allow')).toBe('GET, HEAD, OPTIONS, PUT, POST, SOURCE')
      expect(statusOf(await ask(request('DELETE /hls/live.mp3/media.m3u8 HTTP/1.1')))).toBe(405)
      const page = await ask(request('BREW /status-json.xsl HTTP/1.1'))
      expect(statusOf(page)).toBe(404)
    })

    const hidden = request('GET /healthz HTTP/1.1', 'Host: x')
    const keptOpen = ['Connection: keep-alive', 'Content-Type: audio/mpeg']
    test.each([
      ['two lengths', [`Content-Length: ${hidden.length}`, 'Content-Length: 0']],
      ['a length and chunks', ['Content-Length: 0', 'Transfer-Encoding: chunked']],
    ])('with %s get one answer, and nobody reads a request in the body (RFC 9112 §6.3)', async (_, lines) => {
      const answer = await ask(request('SOURCE /x.mp3 HTTP/1.1', ...keptOpen, ...lines) + hidden)
      expect(statusOf(answer)).toBe(400)
      expect(answer.match(/HTTP\/1\.[01] \d{3}/g)).toHaveLength(1)
    })

    test('leave the server working', async () => {
      const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(Buffer.alloc(9000, i * 5))))
      for (const answer of answers) expect([400, 431]).toContain(statusOf(answer))
      expect(statusOf(await ask(request('GET /healthz HTTP/1.1')))).toBe(200)
    })
  })

  describe('unusual but valid heads', () => {
    test('may have their method in lower case, after two blanks and without a Host', async () => {
      expect(statusOf(await ask('get  /healthz  HTTP/1.0\n\n'))).toBe(200)
      const small = raw(`source /small.mp3 HTTP/1.0\nAuthorization: ${source}\n\n`)
      await small.until(/200 OK/)
    })

    test('may name a whole URL without a path, and a port in Host that is not open', async () => {
      for (const line of [`GET http://127.0.0.1:${origin.port} HTTP/1.1`, 'GET / HTTP/1.1'])
        for (const host of ['x:99999', '', '[', 'x:1:2'])
          expect(statusOf(await ask(request(line, `Host: ${host}`)))).toBe(200)
    })

    test('may end their lines in bare LF', async () => {
      expect(statusOf(await ask('GET /healthz HTTP/1.0\nHost: x\n\n'))).toBe(200)
    })

    test('may come a byte at a time', async () => {
      const connection = raw('')
      for (const byte of request('GET /healthz HTTP/1.1', 'Host: x')) {
        connection.send(byte)
        await new Promise((resolve) => setImmediate(resolve))
      }
      expect(statusOf(await connection.closed())).toBe(200)
    })

    test('are answered in their own version, and the connection closes', async () => {
      expect(await ask(request('GET /healthz HTTP/1.0'))).toMatch(/^HTTP\/1\.0 200 /)
      const answer = await ask(request('GET /healthz HTTP/1.1', 'Connection: keep-alive'))
      expect(answer).toMatch(/^HTTP\/1\.1 200 /)
      expect(headerOf(answer, 'connection')).toBe('close')
    })

    test('may be followed by a FIN: the stream is still served', async () => {
      const connection = connectRaw(origin.port)
      connection.socket.end(request('GET /live.mp3 HTTP/1.0'))
      await eventually(() => connection.received().length > 30_000)
      connection.socket.destroy()
    })
  })

  describe('a source', () => {
    const put = (...headers: string[]) => request('PUT /bad.mp3 HTTP/1.1', ...headers)

    test('without credentials, or with wrong ones, gets 401 as in Icecast 2.4', async () => {
      const wrong = basic('source', 'wrong')
      for (const headers of [
        [],
        [`Authorization: ${wrong}`],
        [`Authorization: ${admin}`],
        [`Authorization: ${relay}`],
      ])
        for (const line of ['PUT /bad.mp3 HTTP/1.1', 'SOURCE /bad.mp3 ICE/1.0']) {
          const answer = await ask(request(line, 'Content-Type: audio/mpeg', ...headers))
          expect(answer).toMatch(/^HTTP\/1\.0 401 /)
          expect(headerOf(answer, 'www-authenticate')).toBe('Basic realm="Icecast2 Server"')
          expect(bodyOf(answer)).toBe('You need to authenticate\r\n')
        }
    })

    test("sent by a browser from another site's form gets 403", async () => {
      const form = ['Host: radio.example', 'Content-Type: text/plain', `Authorization: ${source}`]
      for (const origin of ['http://evil.example', 'null']) {
        const answer = await ask(request('POST /page.mp3 HTTP/1.1', ...form, `Origin: ${origin}`))
        expect(statusOf(answer)).toBe(403)
      }
      await raw(request('POST /page.mp3 HTTP/1.1', ...form)).until(/200 OK/)
    })

    test('on a mount in use gets 403', async () => {
      const answer = await ask(
        request('PUT /live.mp3 HTTP/1.1', `Authorization: ${source}`, 'Content-Type: audio/mpeg'),
      )
      expect(statusOf(answer)).toBe(403)
      expect(bodyOf(answer)).toContain('Mountpoint in use')
    })

    test('by PUT without Content-Type gets 403, by SOURCE it is MP3', async () => {
      expect(bodyOf(await ask(put(`Authorization: ${source}`)))).toContain('No Content-type given')
      const connection = raw(request('SOURCE /typeless HTTP/1.0', `Authorization: ${source}`))
      await connection.until(/200 OK/)
      const answer = await ask(request('HEAD /typeless HTTP/1.1'))
      expect(headerOf(answer, 'content-type')).toBe('audio/mpeg')
    })

    test('is accepted with exactly the bytes of Icecast 2.4', async () => {
      const type = 'Content-Type: audio/mpeg'
      const auth = `Authorization: ${source}`
      const cases: [string, string][] = [
        [request('SOURCE /s1 HTTP/1.0', auth, type), 'HTTP/1.0 200 OK\r\n\r\n'],
        [request('SOURCE /s2 ICE/1.0', auth, type), 'HTTP/1.0 200 OK\r\n\r\n'],
        [request('PUT /s3 HTTP/1.1', auth, type), 'HTTP/1.0 200 OK\r\n\r\n'],
        [
          request('PUT /s4 HTTP/1.1', auth, type, 'Expect: 100-continue'),
          'HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\nHTTP/1.0 200 OK\r\n\r\n',
        ],
      ]
      for (const [text, expected] of cases) expect(await raw(text).until(/200 OK\r\n\r\n$/)).toBe(expected)
    })

    test('chunked is decoded, and its last chunk ends the mount', async () => {
      const headers = [`Authorization: ${source}`, 'Content-Type: text/x-test', 'Transfer-Encoding: chunked']
      const connection = raw(`${request('PUT /chunked HTTP/1.1', ...headers)}3\r\nabc\r\n`)
      await connection.until(/200 OK/)
      const listener = raw(request('GET /chunked HTTP/1.0'))
      await listener.until(/\r\n\r\nabc$/)
      connection.send('4;x=y\r\ndefg\r\n')
      await listener.until(/\r\n\r\nabcdefg$/)
      connection.send('0\r\n\r\n')
      expect(bodyOf(await listener.closed())).toBe('abcdefg')
      expect(statusOf(await ask(request('GET /chunked HTTP/1.0')))).toBe(404)
    })

    test('in a thousand small packets is read as fast as it sends', async () => {
      const connection = raw(request('SOURCE /packets HTTP/1.0', `Authorization: ${source}`))
      await connection.until(/200 OK/)
      const listener = await listen(`${origin.url}/packets`)
      onTestFinished(() => listener.close())
      for (let n = 0; n < 1000; n++) {
        connection.send(numberedFrame(n))
        await new Promise((resolve) => setImmediate(resolve))
      }
      await eventually(() => listener.bytesHeard > 999 * 417)
      expect(numbersInOrder(listener.audio())).toMatchObject({ first: 0, skipped: 0 })
    })

    test('that sends broken chunks is dropped, and the server continues', async () => {
      const headers = [`Authorization: ${source}`, 'Content-Type: text/x-test', 'Transfer-Encoding: chunked']
      const connection = raw(`${request('PUT /broken HTTP/1.1', ...headers)}zzz\r\n`)
      await connection.closed()
      expect(statusOf(await ask(request('GET /broken HTTP/1.0')))).toBe(404)
    })

    test('that closes or resets its connection frees its mount at once', async () => {
      for (const leave of ['end', 'resetAndDestroy'] as const) {
        const text = request('SOURCE /free HTTP/1.0', `Authorization: ${source}`)
        const connection = raw(text)
        await connection.until(/200 OK/)
        connection.socket[leave]()
        await eventually(async () => statusOf(await ask(request('HEAD /free HTTP/1.0'))) === 404)
      }
    })

    test('may include its own metadata: listeners hear the audio, the stats show its title', async () => {
      const headers = [`Authorization: ${source}`, 'Content-Type: text/x-test', 'icy-metaint: 4']
      const connection = raw(`${request('SOURCE /woven HTTP/1.0', ...headers)}abcd\x01StreamTitle='x';ef`)
      await connection.until(/200 OK/)
      expect(await raw(request('GET /woven HTTP/1.0')).until(/abcdef$/)).not.toContain('StreamTitle')
      expect(await ask(request('GET /status-json.xsl?mount=/woven HTTP/1.0'))).toContain('"title":"x"')
    })
  })

  describe('a listener', () => {
    test("gets the stream's headers, without a length and without chunks", async () => {
      const connection = raw(request('GET /live.mp3 HTTP/1.1', 'Icy-MetaData: 1'))
      const answer = await connection.until(/\r\n\r\n/)
      expect(answer).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
      expect(headerOf(answer, 'content-type')).toBe('audio/mpeg')
      expect(headerOf(answer, 'icy-metaint')).toBe('16000')
      expect(headerOf(answer, 'access-control-allow-origin')).toBe('*')
      expect(headerOf(answer, 'access-control-expose-headers')).toBe('*')
      expect(headerOf(answer, 'transfer-encoding')).toBeUndefined()
      expect(headerOf(answer, 'content-length')).toBeUndefined()
    })

    test('by HTTP/1.0 is answered in HTTP/1.0, without metadata unless it asks', async () => {
      const answer = await raw(request('GET /live.mp3 HTTP/1.0', 'Icy-MetaData: 0')).until(/\r\n\r\n/)
      expect(answer).toMatch(/^HTTP\/1\.0 200 OK\r\n/)
      expect(headerOf(answer, 'icy-metaint')).toBeUndefined()
    })

    test('finds a mount by its decoded name', async () => {
      expect(statusOf(await ask(request('HEAD /%6cive.mp3?x=1 HTTP/1.1')))).toBe(200)
    })

    test('a page asked for by HEAD tells the length that its GET has', async () => {
      const [head, got] = [
        await ask(request('HEAD /healthz HTTP/1.1')),
        await ask(request('GET /healthz HTTP/1.1')),
      ]
      expect(headerOf(head, 'content-length')).toBe(headerOf(got, 'content-length'))
      expect(bodyOf(head)).toBe('')
      expect(bodyOf(got)).toBe('ok\n')
    })

    test('that sends HEAD gets the headers and a closed connection', async () => {
      const answer = await ask(request('HEAD /live.mp3 HTTP/1.1'))
      expect(statusOf(answer)).toBe(200)
      expect(bodyOf(answer)).toBe('')
    })

    test('that asks for the first two bytes gets them and is not counted; for all bytes it is served', async () => {
      const joins = async () =>
        /<listener_connections>(\d+)</.exec(
          await ask(request('GET /admin/stats HTTP/1.0', `Authorization: ${admin}`)),
        )?.[1]
      const before = await joins()
      const answer = await ask(request('GET /live.mp3 HTTP/1.1', 'Range: bytes=0-1'))
      expect(statusOf(answer)).toBe(206)
      expect(bodyOf(answer)).toHaveLength(2)
      expect(await joins()).toBe(before)
      expect(
        statusOf(await raw(request('GET /live.mp3 HTTP/1.1', 'Range: bytes=0-')).until(/\r\n\r\n/)),
      ).toBe(200)
    })

    test('of a mount that does not exist gets a 404 that a page may read', async () => {
      const answer = await ask(request('GET /nowhere.mp3 HTTP/1.1'))
      expect(statusOf(answer)).toBe(404)
      expect(headerOf(answer, 'access-control-allow-origin')).toBe('*')
      expect(bodyOf(answer)).toContain('The file you requested could not be found')
    })

    test('in a browser is allowed to ask for metadata', async () => {
      const answer = await ask(
        request(
          'OPTIONS /live.mp3 HTTP/1.1',
          'Origin: http://x',
          'Access-Control-Request-Headers: icy-metadata',
        ),
      )
      expect(statusOf(answer)).toBe(204)
      expect(headerOf(answer, 'access-control-allow-headers')).toBe('Icy-MetaData, Range')
      expect(headerOf(answer, 'access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
      const withLogin = await ask(
        request('OPTIONS /live.mp3 HTTP/1.1', 'Access-Control-Request-Headers: authorization,icy-metadata'),
      )
      expect(headerOf(withLogin, 'access-control-allow-headers')).toBe('Icy-MetaData, Range, Authorization')
    })

    test('may request a playlist first', async () => {
      const answer = await ask(request('GET /live.mp3.m3u HTTP/1.1'))
      expect(headerOf(answer, 'content-type')).toContain('audio/x-mpegurl')
      expect(bodyOf(answer)).toBe(`${origin.url}/live.mp3\r\n`)
    })
  })

  describe('the admin', () => {
    const get = (path: string, login = admin) =>
      ask(request(`GET ${path} HTTP/1.1`, `Authorization: ${login}`))

    test('without credentials gets 401', async () => {
      for (const path of [
        '/admin/stats',
        '/admin/streamlist.txt',
        '/admin/killsource?mount=/live.mp3',
        '/admin/drain',
      ]) {
        const answer = await ask(request(`GET ${path} HTTP/1.1`))
        expect(statusOf(answer)).toBe(401)
        expect(headerOf(answer, 'www-authenticate')).toContain('Basic')
      }
    })

    test('gives relays the list of mounts, a path a line', async () => {
      const answer = await get('/admin/streamlist.txt', relay)
      expect(bodyOf(answer)).toContain('/live.mp3\r\n')
      expect(headerOf(answer, 'content-type')).toMatch(/^text\/plain\b/)
    })

    test('sets titles, by song or by artist and title, in UTF-8 or as charset says', async () => {
      const titleOf = async () =>
        JSON.parse(bodyOf(await ask(request('GET /status-json.xsl?mount=/live.mp3 HTTP/1.0')))).icestats
          .source.title
      const set = (query: string, login = source) =>
        get(`/admin/metadata?mode=updinfo&mount=/live.mp3&${query}`, login)
      expect(bodyOf(await set('artist=Nils&title=Says'))).toContain(
        '<message>Metadata update successful</message><return>1</return>',
      )
      expect(await titleOf()).toBe('Nils - Says')
      await set('song=Sigur+R%c3%b3s', admin)
      expect(await titleOf()).toBe('Sigur Rós')
      await set('song=Sigur+R%f3s&charset=ISO-8859-1')
      expect(await titleOf()).toBe('Sigur Rós')
      await set('song=1979')
      expect(await titleOf()).toBe('1979')
    })

    test('refuses impossible requests as Icecast 2.4 does', async () => {
      expect(bodyOf(await get('/admin/metadata?mode=updinfo&mount=/none&song=x'))).toContain(
        'Source does not exist',
      )
      expect(bodyOf(await get('/admin/metadata?mount=/live.mp3&mode=other'))).toContain('No such action')
      expect(bodyOf(await get('/admin/metadata?mount=/live.mp3&song=x'))).toContain('Missing parameter')
      expect(bodyOf(await get('/admin/unheardof'))).toContain('Unrecognised command')
      expect(statusOf(await get('/admin/buildm3u?mount=/live.mp3&username=a&password=b'))).toBe(403)
    })

    test('lists listeners and removes one; the others stay', async () => {
      const agent = `player/${runtime}`
      const connection = raw(request('GET /live.mp3 HTTP/1.0', `User-Agent: ${agent}`))
      const stays = raw(request('GET /live.mp3 HTTP/1.0'))
      await connection.until(/\r\n\r\n/)
      await stays.until(/\r\n\r\n/)
      const list = bodyOf(await get('/admin/listclients?mount=/live.mp3'))
      const id = new RegExp(`<UserAgent>${agent}</UserAgent><Connected>\\d+</Connected><ID>(\\d+)</ID>`).exec(
        list,
      )?.[1]
      expect(bodyOf(await get(`/admin/killclient?mount=/live.mp3&id=${id}`))).toContain(
        `Client ${id} removed`,
      )
      await connection.closed()
      expect(bodyOf(await get(`/admin/killclient?mount=/live.mp3&id=${id}`))).toContain(
        `Client ${id} not found`,
      )
      expect(stays.isClosed).toBe(false)
    })

    test('ends a source', async () => {
      const connection = raw(request('SOURCE /doomed HTTP/1.0', `Authorization: ${source}`))
      await connection.until(/200 OK/)
      expect(bodyOf(await get('/admin/killsource?mount=/doomed', source))).toContain('Source Removed')
      await connection.closed()
    })

    test('drains the server: no new listener until it is undrained', async () => {
      expect(statusOf(await get('/admin/drain'))).toBe(200)
      expect(statusOf(await ask(request('GET /live.mp3 HTTP/1.1')))).toBe(403)
      expect(statusOf(await get('/admin/undrain'))).toBe(200)
      expect(statusOf(await ask(request('HEAD /live.mp3 HTTP/1.1')))).toBe(200)
    })

    test('reads stats as XML', async () => {
      const stats = bodyOf(await get('/admin/stats'))
      expect(stats).toMatch(
        /^<\?xml version="1.0"\?>\n<icestats>.*<source mount="\/live.mp3">.*<\/source><\/icestats>\n$/,
      )
      expect(stats).toContain('<max_listeners>unlimited</max_listeners>')
    })

    test('refuses a body over a megabyte, with a length and chunked, after the credentials', async () => {
      const post = (...headers: string[]) =>
        request('POST /admin/sourcelist.txt HTTP/1.1', 'Content-Type: text/plain', ...headers)
      for (const text of [
        post('Content-Length: 9999999'),
        `${post('Transfer-Encoding: chunked')}${'10000\r\n'.concat('x'.repeat(65536), '\r\n').repeat(20)}`,
      ])
        expect(statusOf(await ask(text))).toBe(400) // this origin accepts no reports, so the command is unknown to it
    })
  })

  test('stats have Icecast’s shape with no, one and two mounts', async () => {
    const icestats = async (mount: string) =>
      JSON.parse(bodyOf(await ask(request(`GET /status-json.xsl${mount} HTTP/1.0`)))).icestats
    expect((await icestats('?mount=/none')).source).toBeUndefined()
    expect((await icestats('?mount=/live.mp3')).source).toMatchObject({
      listenurl: `${origin.url}/live.mp3`,
      server_type: 'audio/mpeg',
      server_name: 'Unspecified name',
      genre: 'various',
    })
    const second = raw(request('SOURCE /second HTTP/1.0', `Authorization: ${source}`))
    await second.until(/200 OK/)
    expect(Array.isArray((await icestats('')).source)).toBe(true)
    expect(await ask(request('GET /status.xsl HTTP/1.0'))).toContain('/live.mp3')
  })

  test('no connection that came and went was an error', () => {
    expect(origin.program.output()).not.toMatch(/"level":"(ERROR|FATAL)"|Unhandled|uncaught/i)
  })
})

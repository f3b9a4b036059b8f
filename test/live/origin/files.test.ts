import { randomBytes } from 'node:crypto'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { startRival } from '../../kit/cluster/rivals.ts'
import { originRuntimes, type Server, secrets } from '../../kit/process/runtimes.ts'
import { exchange } from '../../kit/wire/raw.ts'

const big = randomBytes(8_000_000)
const small = Buffer.from('body { color: red }')
const files = {
  'style.css': small,
  'empty.txt': new Uint8Array(),
  'sub/page.html': Buffer.from('<p>hi'),
  'big.mp3': big,
  'huge.bin': Buffer.alloc(40_000_000),
  'live.mp3': Buffer.from('of the file'),
  'ready.m3u': Buffer.from('http://elsewhere.example/\r\n'),
  'status.xsl': Buffer.from('<xsl:stylesheet/>'),
  'asking.txt': Buffer.from('for users'),
}
const elements = `<paths><alias source="/short" destination="/sub/page.html"/></paths>
  <mount><mount-name>/asking.txt</mount-name><authentication type="htpasswd"><option name="filename" value="/nowhere"/></authentication></mount>`

describe.for(originRuntimes)('static files of an origin on %s', (runtime) => {
  let origin: Server
  beforeAll(async () => {
    origin = await startRival(runtime, { files, elements })
  })
  afterAll(() => origin?.stop())
  const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') => {
    const answer = await fetch(origin.url + path, { headers, method })
    const told = (name: string) => answer.headers.get(name)
    return { status: answer.status, told, bytes: Buffer.from(await answer.arrayBuffer()) }
  }

  test('have their type and length, by GET and by HEAD', async () => {
    const { status, told, bytes } = await get('/style.css')
    expect([status, told('content-type'), told('accept-ranges')]).toEqual([200, 'text/css', 'bytes'])
    expect(bytes.equals(small)).toBe(true)
    const head = await get('/style.css', {}, 'HEAD')
    expect([head.status, head.told('content-length'), head.bytes.length]).toEqual([200, `${small.length}`, 0])
    expect((await get('/empty.txt')).told('content-length')).toBe('0')
    expect((await get('/sub/page.html')).told('content-type')).toBe('text/html')
  })

  test('are sent in ranges, where Icecast 2.4 sends too much', async () => {
    const part = async (range: string) => {
      const { status, told, bytes } = await get('/style.css', { Range: range })
      return [status, told('content-range'), bytes.toString()]
    }
    expect(await part('bytes=0-3')).toEqual([206, `bytes 0-3/${small.length}`, 'body'])
    expect(await part('bytes=5-')).toEqual([206, `bytes 5-18/${small.length}`, '{ color: red }'])
    expect(await part('bytes=-5')).toEqual([206, `bytes 14-18/${small.length}`, 'red }'])
    expect(await part('bytes=99-')).toEqual([
      416,
      `bytes */${small.length}`,
      'Request Range Not Satisfiable\r\n',
    ])
  })

  test('of a larger size arrive complete, for eight clients at once', async () => {
    const all = await Promise.all(Array.from({ length: 8 }, () => get('/big.mp3')))
    for (const { bytes } of all) expect(bytes.equals(big)).toBe(true)
  })

  test('are not read ahead of a slow client, and wait for a client that reads late', async () => {
    const socket = connect({ port: origin.port, host: '127.0.0.1' })
    onTestFinished(() => void socket.destroy())
    socket.write('GET /big.mp3 HTTP/1.0\r\n\r\n')
    socket.pause()
    expect((await get('/style.css')).status).toBe(200)
    let size = 0
    socket.on('data', (bytes) => {
      size += bytes.length
    })
    socket.resume()
    await eventually(() => size > big.length)
  })

  test('are available to others while one address requests many and reads none', async () => {
    const stalled = Array.from({ length: 17 }, () => {
      const socket = connect({ port: origin.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
      onTestFinished(() => void socket.destroy())
      socket.write('GET /huge.bin HTTP/1.0\r\n\r\n')
      return new Promise<string>((resolve) =>
        socket.once('data', (bytes) => {
          socket.pause()
          resolve(bytes.toString('latin1', 0, 12))
        }),
      )
    })
    const answers = await Promise.all(stalled)
    expect(answers.sort().map((answer) => answer.slice(-3))).toEqual([...Array(16).fill('200'), '503'])
    expect((await get('/style.css')).status).toBe(200)
  })

  test('are available under an alias', async () =>
    expect((await get('/short')).bytes.toString()).toBe('<p>hi'))

  test.each(['/../icecast.xml', '/%2e%2e/icecast.xml', '/..%2ficecast.xml', '/sub/', '/sub', '/nothing'])(
    '%s does not exist',
    async (path) => {
      const answer = await exchange(origin.port, `GET ${path} HTTP/1.0\r\n\r\n`)
      expect(answer).toMatch(/^HTTP\/1\.0 (400|404) /)
      expect(answer).not.toContain('password')
    },
  )

  test('are a playlist if there is one, and no stylesheet is run', async () => {
    expect((await get('/ready.m3u')).bytes.toString()).toBe('http://elsewhere.example/\r\n')
    expect((await get('/status.xsl')).bytes.toString()).toMatch(/^<!doctype html>/)
  })

  test('of a mount that asks for passwords ask for them too', async () => {
    expect((await get('/asking.txt')).status).toBe(401)
  })

  test('are hidden by a mount of their name while it plays', async () => {
    const url = `${origin.url}/live.mp3`
    expect((await get('/live.mp3')).bytes.toString()).toBe('of the file')
    const source = startSource({ url, password: secrets.source, programme: numbered })
    onTestFinished(() => source.close())
    await eventually(() => source.sent > 10)
    const streamed = await fetch(url)
    expect(streamed.headers.get('content-length')).toBeNull()
    await streamed.body?.cancel()
    source.close()
    await eventually(async () => (await get('/live.mp3')).bytes.toString() === 'of the file')
  })

  test('are counted', async () => {
    const Authorization = `Basic ${btoa(`admin:${secrets.admin}`)}`
    const stats = await (await fetch(`${origin.url}/admin/stats`, { headers: { Authorization } })).text()
    expect(Number(/<file_connections>(\d+)</.exec(stats)?.[1])).toBeGreaterThan(10)
  })
})

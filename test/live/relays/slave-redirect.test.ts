import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { basic } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

/** A server with answers given by the test, which records the heads of requests. */
async function fake(answer: (path: string, socket: Socket) => void) {
  const heads: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    let head = ''
    socket.on('data', (bytes) => {
      const isWhole = head.includes('\r\n\r\n')
      head += bytes.toString('latin1')
      if (isWhole || !head.includes('\r\n\r\n')) return
      heads.push(head)
      answer(head.split(' ')[1] ?? '', socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  return {
    url: `http://127.0.0.1:${port}`,
    heads,
    of: (path: string) => heads.filter((head) => head.includes(` ${path} `)),
  }
}

const reply = (socket: Socket, status: string, headers: string[], body = '') =>
  socket.end([`HTTP/1.0 ${status}`, ...headers, '', body].join('\r\n'))

/** A stream with metadata, whose bytes arrive in odd pieces: the block contains a title. */
function stream(socket: Socket): void {
  const frames = Buffer.concat(Array.from({ length: 400 }, (_, n) => numberedFrame(n)))
  const block = Buffer.concat([Uint8Array.of(2), Buffer.from("StreamTitle='Ein Titel';".padEnd(32, '\0'))])
  const metaint = 8000
  const woven: Buffer[] = []
  for (let at = 0; at < frames.length; at += metaint)
    woven.push(frames.subarray(at, at + metaint), at === 0 ? block : Buffer.alloc(1))
  socket.write('ICY 200 OK\r\nicy-name: Fern\r\nicy-metaint:8000\r\nContent-Type: audio/mpeg\r\n\r\n')
  socket.write(Buffer.concat(woven))
}

describe.for(originRuntimes)('a slave on %s follows its master', (runtime) => {
  test('over redirects, with credentials only for the master and the hosts in its list', async () => {
    const elsewhere = await fake((_, socket) => stream(socket))
    const named = await fake((path, socket) =>
      reply(socket, '302 Found', [`Location: ${elsewhere.url}${path}?t=1`]),
    )
    const master = await fake((path, socket) => {
      if (path === '/admin/streamlist.txt') return reply(socket, '200 OK', [], `${named.url}/live.mp3\r\n`)
      return reply(socket, '404 Not Found', [])
    })
    const slave = await startOrigin(runtime, ['--master', master.url, '--update-interval', '1'])
    onTestFinished(() => slave.stop())
    const listener = await listenWhenServed(`${slave.url}/live.mp3`)
    await eventually(() => listener.bytesHeard > 60_000)
    listener.close()
    expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(100)
    expect(listener.headers.get('icy-name')).toBe('Fern')
    const relayLogin = `Authorization: ${basic('relay', secrets.relay)}`
    expect(master.of('/admin/streamlist.txt')[0]?.toLowerCase()).toContain(relayLogin.toLowerCase())
    expect(named.heads[0]).toContain(relayLogin)
    expect(elsewhere.heads[0]).not.toContain('Authorization')
    expect(elsewhere.heads[0]).toMatch(/^GET \/live\.mp3\?t=1 HTTP\/1\.0\r\n/)
    for (const { heads } of [named, elsewhere]) {
      expect(heads[0]).toMatch(/\r\nUser-Agent: Icecast-compatible distributary\/\d/)
      expect(heads[0]).toMatch(/\r\nHost: 127\.0\.0\.1:\d+\r\n/)
      expect(heads[0]).toContain('Icy-MetaData: 1')
    }
    const titled = await listenWhenServed(`${slave.url}/live.mp3`, { icy: true })
    await eventually(() => titled.titles.length > 0)
    titled.close()
    expect(titled.titles[0]?.title).toBe('Ein Titel')
  })

  test('but not in a circle: after ten requests it waits', async () => {
    const master = await fake((path, socket) => {
      if (path === '/admin/streamlist.txt') return reply(socket, '200 OK', [], '/live.mp3\r\n')
      return reply(socket, '302 Found', ['Location: /live.mp3'])
    })
    const slave = await startOrigin(runtime, ['--master', master.url, '--update-interval', '600'])
    onTestFinished(() => slave.stop())
    await slave.program.line(/redirected 10 times/)
    expect(master.of('/live.mp3').length % 10).toBe(0)
  })

  test('and rejects a chunked stream', async () => {
    const master = await fake((path, socket) => {
      if (path === '/admin/streamlist.txt') return reply(socket, '200 OK', [], '/live.mp3\r\n')
      return reply(socket, '200 OK', ['Transfer-Encoding: chunked'], '4\r\nabcd\r\n')
    })
    const slave = await startOrigin(runtime, ['--master', master.url])
    onTestFinished(() => slave.stop())
    await slave.program.line(/Transfer-Encoding chunked/)
  })

  test('from the second master if the first does not answer', async () => {
    const second = await fake((path, socket) => {
      if (path === '/admin/streamlist.txt') return reply(socket, '200 OK', [], '/live.mp3\r\n')
      return stream(socket)
    })
    const first = await fake((_, socket) => socket.destroy())
    const slave = await startOrigin(runtime, ['--master', first.url, '--master', second.url])
    onTestFinished(() => slave.stop())
    const listener = await listenWhenServed(`${slave.url}/live.mp3`)
    listener.close()
  })
})

import { createServer, type Socket } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { numbered } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { relayBlock, startConfigured } from '../../kit/cluster/configured.ts'
import { freePort } from '../../kit/process/ports.ts'
import { originRuntimes } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'

const metaint = 8192
const page =
  'HTTP/1.0 200 OK\r\nContent-Type:text/html\r\n\r\n<html><title>SHOUTcast Administrator</title></html>'

/** DNAS 1.9: `ICY` and its headers without a space, no type if the source gave none, a page for browsers. */
const dnas1 = (path: string, agent: string) =>
  /mozilla/i.test(agent) || !['/', '/;', '/;stream.mp3'].includes(path)
    ? page
    : 'ICY 200 OK\r\nicy-notice1:<BR>This stream requires <a href="http://www.winamp.com/">Winamp</a><BR>\r\n' +
      'icy-notice2:SHOUTcast Distributed Network Audio Server/Linux v1.9.8<BR>\r\nicy-name:Fern\r\nicy-genre:Folk\r\n' +
      `icy-url:http://fern.example\r\nicy-pub:1\r\nicy-metaint:${metaint}\r\nicy-br:128\r\n\r\n`

/** DNAS 2: HTTP, one path per stream. */
const dnas2 = (path: string) =>
  path === '/stream/1/'
    ? 'HTTP/1.1 200 OK\r\nContent-Type: audio/mpeg\r\nicy-br: 128\r\nicy-name: Fern\r\nicy-pub: 1\r\n' +
      `icy-metaint: ${metaint}\r\nServer: SHOUTcast DNAS/posix\r\nConnection: close\r\n\r\n`
    : 'HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n'

/**
 * Starts a server with a Shoutcast server's answers. It plays the first frames as fast as they are read and the others at their own
 * pace: a listener that comes late gets one burst of those that have been, and goes on.
 */
async function startShoutcast(head: (path: string, agent: string) => string): Promise<number> {
  const port = await freePort()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => socket.destroy())
    socket.once('data', (bytes) => {
      const request = bytes.toString('latin1')
      const agent = /^user-agent:(.*)$/im.exec(request)?.[1] ?? ''
      const reply = head(request.split(' ')[1] ?? '', agent)
      socket.write(reply)
      if (!reply.includes('icy-metaint')) socket.end()
      else if (/^icy-metadata: *1/im.test(request)) play(socket)
      else socket.destroy() // a relay asks for titles
    })
  })
  server.listen(port, '127.0.0.1')
  await eventually(() => server.listening)
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return port
}

const firstFrames = 400
/** at a time: played as long as the pause between two writes */
const nextFrames = 4

function play(socket: Socket): void {
  let [n, audioBytes] = [0, 0]
  const next = (count: number) => {
    const frames = Buffer.concat(Array.from({ length: count }, () => numberedFrame(n++)))
    socket.write(Buffer.concat(woven(frames, audioBytes)))
    audioBytes += frames.length
  }
  next(firstFrames)
  const ticking = setInterval(() => next(nextFrames), nextFrames * numbered.frameMs)
  socket.on('close', () => clearInterval(ticking))
}

/** Audio with a block after every `metaint` bytes from the stream's beginning; the first one has the title. */
function woven(audio: Buffer, before: number): Buffer[] {
  const pieces: Buffer[] = []
  for (let at = 0; at < audio.length; ) {
    const left = metaint - ((before + at) % metaint)
    pieces.push(audio.subarray(at, at + left))
    if (at + left <= audio.length) pieces.push(before + at < metaint ? title : Buffer.alloc(1))
    at += left
  }
  return pieces
}

const title = Buffer.concat([Uint8Array.of(2), Buffer.from("StreamTitle='Ein Lied';".padEnd(32, '\0'))])

describe.for(originRuntimes)('a relay on %s', (runtime) => {
  test.for([
    ['version 1 at its root, which gives no type', dnas1, '/'],
    ['version 1 at the path that players like', dnas1, '/;stream.mp3'],
    ['version 2', dnas2, '/stream/1/'],
  ] as const)('plays from a Shoutcast server, %s', async ([, head, path]) => {
    const port = await startShoutcast(head)
    const local = '<local-mount>/here.mp3</local-mount>'
    const server = await startConfigured(runtime, relayBlock(port, path, local))
    const listener = await listenWhenServed(`${server.url}/here.mp3`, { icy: true })
    await eventually(() => listener.titles.length > 0 && listener.bytesHeard > 60_000)
    listener.close()
    expect(listener.headers.get('content-type')).toBe('audio/mpeg')
    expect(listener.headers.get('icy-name')).toBe('Fern')
    expect(listener.headers.get('icy-br')).toBe('128')
    expect(listener.titles[0]?.title).toBe('Ein Lied')
    expect(numbersInOrder(listener.audio()).count).toBeGreaterThan(100)
  })

  test('recognizes a web page', async () => {
    const port = await startShoutcast(dnas1)
    const server = await startConfigured(runtime, relayBlock(port, '/index.mp3'))
    await server.program.line(/relay lost.*answered with a web page/)
  })
})

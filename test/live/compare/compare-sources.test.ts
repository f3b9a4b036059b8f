import { basic } from '../../kit/audio/source.ts'
import { taggedFrame } from '../../kit/audio/tagged.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { rivalNames } from '../../kit/cluster/rivals.ts'
import { compare, type Scene } from '../../kit/cluster/scene.ts'
import type { Stage } from '../../kit/cluster/stage.ts'
import { secrets } from '../../kit/process/runtimes.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

const login = `Authorization: ${basic('source', secrets.source)}`
const request = (line: string, ...headers: readonly string[]) => `${[line, ...headers].join('\r\n')}\r\n\r\n`
const put = (mount: string) => request(`PUT ${mount} HTTP/1.1`, 'Host: x', login, 'Content-Type: audio/mpeg')

/** Sends a head and some frames, and then nothing; the connection stays open until the scene ends. */
async function fallSilent(stage: Stage, mount: string) {
  const connection = connectRaw(stage.server.port)
  stage.onCurtain(() => connection.socket.destroy())
  connection.send(put(mount))
  await connection.until(/^HTTP\/1\.0 200/)
  for (let n = 0; n < 10; n++) connection.send(taggedFrame('live', n))
  return connection
}

/** Version and status of an answer; the reason phrase is not Icecast's alone to choose. */
const beginningOf = (answer: string) => answer.slice(0, 'HTTP/1.0 200'.length)

/** The answer to a request; bytes after it stay unread. */
async function statusOf(stage: Stage, head: string): Promise<string> {
  const connection = connectRaw(stage.server.port)
  stage.onCurtain(() => connection.socket.destroy())
  connection.send(head)
  return beginningOf(await connection.until(/\r\n/))
}

/** An encoder that lost its connection reconnects before the server notices: frames of another mount are the clock here. */
const silenceFrames = 160

const scenes: Scene[] = [
  {
    name: 'a mount in use refuses another source while the first one sends',
    async play(stage) {
      await stage.source('/used', 'live')
      const answer = await exchange(stage.server.port, put('/used'))
      return { status: beginningOf(answer), says: answer.includes('Mountpoint in use') }
    },
    seen: { status: 'HTTP/1.0 403', says: true },
  },
  {
    name: 'a source that has been silent for 160 frames and one that reconnects to its mount',
    async play(stage) {
      const clock = await stage.source('/clock', 'third')
      const silent = await fallSilent(stage, '/silent')
      const from = clock.sent
      await eventually(() => clock.sent > from + silenceFrames)
      const status = await statusOf(stage, put('/silent'))
      if (status.endsWith('200')) await silent.closed() // two connections: the new one's answer may be read first
      return { status, oldIsClosed: silent.isClosed }
    },
    seen: { status: 'HTTP/1.0 403', oldIsClosed: false },
    ours: {
      why: 'a mount that has been silent for 3 s can be taken over with the same credentials (docs/icecast.md#answers-to-a-source)',
      seen: { status: 'HTTP/1.0 200', oldIsClosed: true },
    },
  },
  {
    name: 'PUT with Expect is answered 100 and 200 at once, as SOURCE is 200',
    async play(stage) {
      const answer = async (head: string) => {
        const connection = connectRaw(stage.server.port)
        stage.onCurtain(() => connection.socket.destroy())
        connection.send(head)
        return connection.until(/HTTP\/1\.0 200 OK\r\n\r\n$/)
      }
      const headers = [login, 'Content-Type: audio/mpeg']
      return {
        put: await answer(request('PUT /p HTTP/1.1', 'Host: x', 'Expect: 100-continue', ...headers)),
        source: await answer(request('SOURCE /s HTTP/1.0', ...headers)),
        ice: await answer(request('SOURCE /i ICE/1.0', ...headers)),
      }
    },
    seen: {
      put: 'HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\nHTTP/1.0 200 OK\r\n\r\n',
      source: 'HTTP/1.0 200 OK\r\n\r\n',
      ice: 'HTTP/1.0 200 OK\r\n\r\n',
    },
  },
  {
    name: 'a chunked body',
    async play(stage) {
      const connection = connectRaw(stage.server.port)
      stage.onCurtain(() => connection.socket.destroy())
      const headers = ['Transfer-Encoding: chunked', login, 'Content-Type: audio/mpeg']
      connection.send(request('PUT /chunked HTTP/1.1', 'Host: x', ...headers))
      await connection.until(/200/)
      const witness = await stage.listen('/chunked')
      for (let n = 0; n < 60; n++) {
        const frame = taggedFrame('live', n)
        connection.send(`${frame.length.toString(16)}\r\n`)
        connection.send(frame)
        connection.send('\r\n')
      }
      await eventually(() => witness.listener.bytesHeard > 40 * 418)
      const heard = Buffer.from(witness.listener.audio()).toString('latin1')
      return { hasChunkSizes: /\r\n1a[12]\r\n/.test(heard) }
    },
    seen: { hasChunkSizes: true },
    ours: {
      why: 'chunked bodies are decoded (docs/icecast.md#how-sources-connect)',
      seen: { hasChunkSizes: false },
    },
  },
  {
    name: 'invalid requests are refused',
    async play(stage) {
      const wrong = `Authorization: ${basic('source', 'wrong')}`
      const type = 'Content-Type: audio/mpeg'
      return {
        wrong: await statusOf(stage, request('PUT /a HTTP/1.1', wrong, type)),
        probe: await statusOf(stage, request('SOURCE /a HTTP/1.0', type, 'Content-Length: 0')),
        untyped: await statusOf(stage, request('PUT /a HTTP/1.1', login)),
        asRelay: await statusOf(
          stage,
          request('PUT /a HTTP/1.1', `Authorization: ${basic('relay', secrets.relay)}`, type),
        ),
      }
    },
    seen: {
      wrong: 'HTTP/1.0 401',
      probe: 'HTTP/1.0 401',
      untyped: 'HTTP/1.0 403',
      asRelay: 'HTTP/1.0 401',
    },
  },
  {
    name: 'HEAD and OPTIONS of a mount',
    async play(stage) {
      await stage.source('/head', 'live')
      const asked = ['HEAD', 'OPTIONS'].map((method) =>
        exchange(stage.server.port, request(`${method} /head HTTP/1.1`, 'Host: x')),
      )
      const [head = '', options = ''] = (await Promise.all(asked)).map(beginningOf)
      return { head, options }
    },
    seen: { head: 'HTTP/1.0 400', options: '' },
    ours: {
      why: 'HEAD and OPTIONS are answered (docs/icecast.md#request-heads)',
      seen: { head: 'HTTP/1.1 200', options: 'HTTP/1.1 204' },
    },
  },
]

compare('sources and requests', scenes, {}, rivalNames)

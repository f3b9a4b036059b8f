import { Socket } from 'node:net'
import { describe, expect, test, vi } from 'vitest'
import { answerHere, askingOf, sessionHere } from '../../../../origin/hls/serve/answer-here.ts'
import { KeptBytes } from '../../../../origin/hls/serve/kept-bytes.ts'
import { followRepeats } from '../../../../origin/hls/serve/repeats.ts'
import { sendPieced } from '../../../../origin/hls/serve/send.ts'
import type { Connection } from '../../../../origin/http/connection.ts'
import { beginExchange } from '../../../../origin/http/exchange.ts'
import { HeadLine } from '../../../../origin/http/head-line.ts'
import { KnownHeads } from '../../../../origin/http/known-heads.ts'
import { hlsLimits } from '../../../../shared/hls/limits.ts'
import { parseHlsPath } from '../../../../shared/hls/paths.ts'
import { knownId, knownMount, knownVia, serverOfSession } from '../../../kit/hls/known-session.ts'
import { settingsOf } from '../../../kit/parts/mount-settings.ts'

const [live, id] = [knownMount, knownId]
const media = `/hls/live.mp3/media.m3u8?s=${id}`
const segment = (number: number) => `/hls/live.mp3/${number}.mp3?s=${id}`
const asks = (target: string, more = '') =>
  `GET ${target} HTTP/1.1\r\nHost: a\r\nAccept-Encoding: gzip\r\n${more}\r\n`

/** A server with a session that is known, a playlist, and segments 17 to 19; what it takes to answer is counted. */
function server() {
  const segments = Object.fromEntries([17, 18, 19].map((number) => [number, Buffer.alloc(number, number)]))
  const { needs, ...one } = serverOfSession(segments)
  const failed = vi.fn()
  const all = {
    config: { ...needs.config, httpHeaders: [] },
    hls: { ...needs.hls, kept: new KeptBytes(), failed },
    state: { load: { requests: 0 } },
  }
  return { ...one, needs: all, failed }
}

/** A socket that is connected to nothing, and takes all bytes, or none until it is told to. */
class Line extends Socket {
  wrote: Buffer[] = []
  takes = true
  #over: (() => void)[] = []

  override write(bytes: Uint8Array | string, over?: unknown): boolean {
    this.wrote.push(Buffer.from(bytes))
    if (typeof over === 'function') {
      if (this.takes) over()
      else this.#over.push(() => over())
    }
    return this.takes
  }
  constructor() {
    super()
    Object.defineProperty(this, 'writableLength', { get: () => (this.takes ? 0 : 1) })
  }
  acceptAll(): void {
    this.takes = true
    for (const over of this.#over.splice(0)) over()
  }
}

/** A connection to it, as the server keeps it: requests that were read, and those that were answered. */
function connected({ needs }: ReturnType<typeof server>, isProxied = false) {
  const socket = new Line()
  const told = { read: 0, begun: 0, unanswered: 0, ended: false }
  let answered = 0
  const line: HeadLine = new HeadLine(socket, new KnownHeads(), {
    onHead(head) {
      told.read++
      const connection: Connection = {
        ...{
          socket,
          head,
          via: knownVia,
          line,
          rest: new Uint8Array(),
          secure: false,
          answered,
          mayStay: false,
        },
        ...{ address: '192.0.2.1', exchange: beginExchange(head, '192.0.2.1', 0) },
        readNext() {
          answered++
          line.read()
        },
        repeat: isProxied
          ? undefined
          : () => {
              told.begun++
              connection.answered = answered
            },
      }
      const object = parseHlsPath(head.path)?.object
      const session = sessionHere(head, live, needs)
      const answer = session && object && answerHere(session, askingOf(head), object, needs)
      if (!answer) {
        told.unanswered++
        connection.readNext()
        return
      }
      needs.state.load.requests++
      followRepeats(connection, session, needs)
      sendPieced(connection, answer, needs.config.httpHeaders, needs.hls.kept)
    },
    onBad() {},
    onGone() {},
  })
  line.read()
  socket.end = () => {
    told.ended = true
    return socket
  }
  return { socket, told, line, ask: (text: string) => socket.emit('data', Buffer.from(text, 'latin1')) }
}

/** Headers and body of an answer, except for its date. */
const plain = (bytes: Buffer | undefined) => bytes?.toString('latin1').replace(/Date: .*\r\n/, '')

describe('the requests of a player', () => {
  test('are read once, however many follow that differ in the name of the object alone; each is counted, and answered as before', () => {
    const one = server()
    const { socket, told, ask } = connected(one)
    const get = vi.spyOn(one.sessions, 'get')
    const usual = server()
    const other = connected(usual, true)
    for (let i = 0; i < 300; i++)
      for (const target of [media, segment(17), segment(18), segment(19)])
        for (const each of [ask, other.ask]) each(asks(target))
    expect([told.read, told.begun, other.told.read]).toEqual([1, 1199, 1200])
    expect(get).toHaveBeenCalledTimes(1)
    expect(socket.wrote.map(plain)).toEqual(other.socket.wrote.map(plain))
    for (const count of [
      ({ load }: typeof one) => load.bytesSent,
      ({ load }: typeof one) => load.listeners,
      ({ needs }: typeof one) => needs.state.load.requests,
      ({ sessions }: typeof one) => sessions.get(`${live} ${id}`)?.bytes,
    ])
      expect(count(one)).toBe(count(usual))
    expect(one.load.listeners).toBe(1)
  })

  test('may have other headers for a playlist than for a segment: two heads are remembered', () => {
    const { told, ask } = connected(server())
    for (let i = 0; i < 100; i++) {
      ask(asks(media, 'Accept: a\r\n'))
      ask(asks(segment(17), 'Accept: b\r\n'))
    }
    expect(told.read).toBe(2)
  })

  test('that differ each time are read each time, and are not learned for ever', () => {
    const one = server()
    const { told, line, ask } = connected(one)
    for (let i = 0; i < 100; i++) ask(asks(`${media}&bl=${i}`))
    const { repeats } = line
    ask(asks(media))
    ask(asks(media))
    expect([told.read, told.unanswered, line.repeats === repeats]).toEqual([102, 0, true])
  })

  test.each([
    ['for an object that is not here', asks(segment(20))],
    ['for an initialization segment', asks(`/hls/live.mp3/init-1.mp4?s=${id}`)],
    ['with another session', asks('/hls/live.mp3/media.m3u8?s=AbCdEfGhIjKlMnOq')],
    ['of a HEAD', asks(media).replace('GET', 'HEAD')],
    ['with a login', asks(media, 'Authorization: Basic cmVsYXk6eA==\r\n')],
  ])('are looked at %s', (_, text) => {
    const { told, ask } = connected(server())
    ask(asks(media))
    ask(text)
    expect([told.read, told.unanswered]).toEqual([2, 1])
  })

  test('are looked at again once the session has ended or is another, or the settings were read again', () => {
    const one = server()
    const { told, ask } = connected(one)
    ask(asks(media))
    ask(asks(media))
    one.sessions.kill(live, 1)
    ask(asks(media))
    expect(told).toMatchObject({ read: 2, begun: 1, unanswered: 1 })
    one.accept()
    ask(asks(media))
    ask(asks(media))
    expect(told).toMatchObject({ read: 3, begun: 2 })
    one.needs.config.mounts = settingsOf({})
    ask(asks(media))
    ask(asks(media))
    expect(told).toMatchObject({ read: 4, begun: 3, unanswered: 1 })
  })

  test('are looked at where they come for a part, or through a proxy, whose next client may be another', () => {
    const part = connected(server())
    for (let i = 0; i < 3; i++) part.ask(asks(segment(17), 'Range: bytes=0-3\r\n'))
    const proxied = connected(server(), true)
    for (let i = 0; i < 3; i++) proxied.ask(asks(media))
    expect([part.told, proxied.told].map(({ read, begun }) => [read, begun])).toEqual([
      [3, 0],
      [3, 0],
    ])
  })

  test('close the connection at the number of them that it may have', () => {
    const { socket, told, ask } = connected(server())
    for (let i = 0; i < hlsLimits.requestsMax; i++) ask(asks(media))
    const heads = socket.wrote.map((bytes) => /Connection: (.*)\r/.exec(bytes.toString('latin1'))?.[1])
    expect(heads.slice(-2)).toEqual(['keep-alive', 'close'])
    expect([told.ended, heads.length]).toEqual([true, hlsLimits.requestsMax])
    ask(asks(media))
    expect(socket.wrote).toHaveLength(hlsLimits.requestsMax)
    socket.destroy()
  })

  test('wait until the answer before is taken, however they come: one by one, in pieces, or many at once', () => {
    const { socket, told, ask } = connected(server())
    ask(asks(media))
    socket.takes = false
    ask(asks(segment(17)))
    const { length } = socket.wrote
    ask(asks(segment(18)) + asks(media))
    expect([socket.wrote.length, told.begun]).toEqual([length, 1])
    socket.acceptAll()
    expect(socket.wrote.at(-1)?.toString('latin1')).toContain('mpegurl')
    for (const piece of asks(segment(19))) ask(piece)
    expect(plain(socket.wrote.at(-1))).toContain('Content-Length: 19\r\n')
    ask(asks(segment(17)).repeat(50))
    expect(told.unanswered).toBe(0)
    expect(plain(socket.wrote.at(-1))).toContain('Content-Length: 17\r\n')
    socket.destroy()
  })

  test('close it, and nothing else, where answering fails', () => {
    const one = server()
    const { socket, ask } = connected(one)
    ask(asks(media))
    one.objects.playlistHere = () => {
      throw new Error('broken')
    }
    ask(asks(media))
    expect(socket.destroyed).toBe(true)
    expect(one.failed).toHaveBeenCalledTimes(1)
  })
})

test('a connection that is left to another handler has nobody who answers before it', () => {
  const one = server()
  const { line, ask } = connected(one)
  ask(asks(media))
  expect(line.repeats).toBeDefined()
  line.release()
  expect(line.repeats).toBeUndefined()
})

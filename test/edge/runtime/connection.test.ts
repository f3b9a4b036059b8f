import { describe, expect, test, vi } from 'vitest'
import { createEdge } from '../../../edge/app.ts'
import { parseConfig } from '../../../edge/config.ts'
import { httpLimits } from '../../../edge/http/limits.ts'
import {
  type ClientSocket,
  type ConnectionContext,
  HttpConnection,
} from '../../../edge/runtime/connection.ts'
import type { Answers } from '../../../edge/runtime/listening.ts'
import { localCluster } from '../../../shared/api/cluster.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import type { Peer } from '../../../shared/http/forwarded.ts'
import { limits } from '../../../shared/limits.ts'
import { FewLines } from '../../../shared/log/few-lines.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { logged } from '../../kit/base/log-records.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { binaryProxyHeader, tlsRecord } from '../../kit/wire/proxy-header.ts'

const redirecting: Answers = {
  place: ({ path }) => (path.startsWith('/own') ? undefined : `http://s1.example${path}`),
  answer: async (request) => new Response(`${'x'.repeat(100_000)}${await request.text()}`),
}

/** A connection of an edge that redirects all paths except its own pages; its socket takes everything, or nothing. */
function connected(
  takes = true,
  answers: Answers = redirecting,
  badRequests = new FewLines(limits.badRequestLines),
  isProxy = false,
) {
  const written: string[] = []
  const calls: string[] = []
  const waiting: (() => void)[] = []
  const wire: ClientSocket = {
    write(data: string | Uint8Array, how: unknown) {
      written.push(typeof data === 'string' ? data : Buffer.from(data).toString('latin1'))
      if (typeof how === 'function') waiting.push(() => how())
      return takes
    },
    end: () => calls.push('end'),
    destroy: () => calls.push('destroy'),
    pause: () => calls.push('pause'),
    resume: () => calls.push('resume'),
  }
  const serving: ConnectionContext = {
    nowMs: 0,
    isClosing: false,
    badRequests,
    named: () => true,
    countUnread: (bytes) => {
      unread += bytes
    },
    answers,
  }
  let unread = 0
  const connection = new HttpConnection(wire, '192.0.2.1', isProxy ? undefined : '192.0.2.0', serving)
  const later = (ms: number) => {
    serving.nowMs += ms
    connection.sweep()
  }
  const take = () => waiting.shift()?.()
  return { connection, written, calls, waiting, later, take, unread: () => unread }
}

/** Waits until everything pending is done. */
const settled = () => new Promise(setImmediate)

/** The peer of the first request on a connection, and what is written. */
async function firstPeer(pieces: readonly Buffer[], proxy = true) {
  const peers: Peer[] = []
  const place: Answers['place'] = (_, peer) => {
    peers.push(peer)
    return 'http://s1.example/'
  }
  const { connection, written } = connected(true, { ...redirecting, place }, undefined, proxy)
  for (const piece of pieces) connection.receive(piece)
  await settled()
  return { peers, text: written.join('') }
}

describe('a PROXY header', () => {
  const get = Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
  const line = Buffer.from('PROXY TCP4 198.51.100.7 192.0.2.1 5 80\r\n')

  test('of a trusted proxy tells who asks, wherever it is cut', async () => {
    const tls = binaryProxyHeader({ records: [tlsRecord] })
    for (const [header, client] of [
      [line, { address: '198.51.100.7', secure: false }],
      [tls, { address: '192.0.2.9', secure: true }],
    ] as const) {
      const whole = Buffer.concat([header, get])
      for (let cut = 0; cut <= header.length + 4; cut++) {
        const { peers, text } = await firstPeer([
          Buffer.from(whole.subarray(0, cut)),
          Buffer.from(whole.subarray(cut)),
        ])
        expect(peers.at(-1)).toEqual(client)
        expect(text).toMatch(/^HTTP\/1.1 302 /)
      }
    }
  })

  test('may be missing', async () => {
    expect((await firstPeer([get])).peers).toEqual([{ address: '192.0.2.1', secure: false }])
  })

  test('counts only at the start: later, malformed, or from anyone else it is answered 400', async () => {
    expect((await firstPeer([line, get, line, get])).text).toMatch(/^HTTP\/1.1 302 [\s\S]*HTTP\/1.1 400 /)
    expect((await firstPeer([Buffer.from('PROXY TCP4 x\r\n'), get])).text).toMatch(/^HTTP\/1.1 400 /)
    for (const header of [line, binaryProxyHeader()]) {
      const { peers, text } = await firstPeer([header, get], false)
      expect(peers).toEqual([])
      expect(text).toMatch(/^HTTP\/1.1 400 /)
    }
    expect((await firstPeer([line, get], false)).text).toContain('TRUSTED_PROXIES')
  })
})

describe('a connection', () => {
  test('reads many requests that arrive in one piece with work in proportion to their number', async () => {
    const work = async (requests: number) => {
      const { connection, written } = connected()
      const bytes = Buffer.from('GET /a HTTP/1.1\nHost: x\n\n'.repeat(requests))
      let looked = 0
      const original = Buffer.prototype.toString
      const spy = vi.spyOn(Buffer.prototype, 'toString').mockImplementation(function (this: Buffer, ...args) {
        looked += this.length
        return original.apply(this, args)
      })
      connection.receive(bytes)
      await settled()
      spy.mockRestore()
      expect(written.join('').match(/ 302 /g)).toHaveLength(requests)
      return looked
    }
    const [once, twice] = [await work(500), await work(1000)]
    expect(twice).toBeLessThan(2.2 * once)
  })

  test('reads no body as text, only requests that may be of listeners', async () => {
    const textsOf = async (request: string) => {
      const { connection, written } = connected()
      const bytes = Buffer.from(request)
      const read = vi.spyOn(bytes, 'toString')
      connection.receive(bytes)
      await settled()
      expect(written.join('')).toMatch(/^HTTP\/1.1 (302|200) /)
      return read.mock.calls.length
    }
    expect(await textsOf('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')).toBe(1)
    expect(await textsOf('HEAD /a HTTP/1.1\r\nHost: x\r\n\r\n')).toBe(1)
    const report = 'x'.repeat(10_000)
    expect(
      await textsOf(`POST /own HTTP/1.1\r\nHost: x\r\nContent-Length: ${report.length}\r\n\r\n${report}`),
    ).toBe(0)
  })

  test('is ended, not reset, after silence: written bytes may still be in transit', () => {
    const { connection, calls, later } = connected()
    connection.receive(Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n'))
    later(httpLimits.idleMs - 1)
    expect(calls).toEqual([])
    later(1)
    expect(calls).toEqual(['end', 'resume'])
    later(httpLimits.refusedMs)
    expect(calls.at(-1)).toBe('destroy')
  })

  test('may read a large answer slowly as long as it reads some of it', async () => {
    const { connection, calls, waiting, later, take, unread, written } = connected()
    connection.receive(Buffer.from('GET /own HTTP/1.1\r\nHost: x\r\n\r\n'))
    await settled()
    expect(unread()).toBeGreaterThan(100_000)
    while (waiting.length > 0) {
      later(httpLimits.stallMs - 1)
      take()
    }
    expect(calls).not.toContain('destroy')
    expect(written.join('')).toMatch(/x{100000}$/)
    expect(unread()).toBe(0)
  })

  test('that reads nothing of an answer is closed, and the answer is dropped', async () => {
    const { connection, calls, later, unread } = connected()
    connection.receive(Buffer.from('GET /own HTTP/1.1\r\nHost: x\r\n\r\n'))
    await settled()
    later(httpLimits.stallMs)
    expect(calls.at(-1)).toBe('destroy')
    expect(unread()).toBe(0)
  })

  test('that keeps sending requests and reads no redirect is paused, and closed', () => {
    const { connection, calls, later } = connected(false)
    connection.receive(Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n'))
    expect(calls).toEqual(['pause'])
    later(httpLimits.stallMs)
    expect(calls).toEqual(['pause', 'destroy'])
  })

  test('gets 408 if its head or body trickles in, at its deadline, however often bytes arrived', async () => {
    for (const first of ['GET /a HTTP/1.1\r\n', 'POST /own HTTP/1.1\r\nContent-Length: 5\r\n\r\n']) {
      const { connection, written, later } = connected()
      connection.receive(Buffer.from(first))
      await settled()
      for (let i = 0; i < 4; i++) {
        connection.receive(Buffer.from('x'))
        later(httpLimits.bodyMs / 4)
      }
      expect(written.join(''), first).toMatch(/^HTTP\/1\.1 408 /)
    }
  })

  test('that sends garbage causes few log lines, however many such connections there are', async () => {
    const badRequests = new FewLines(limits.badRequestLines)
    const { burst } = limits.badRequestLines
    const records = await logged(() => {
      for (let i = 0; i < 1000; i++)
        connected(true, redirecting, badRequests).connection.receive(Buffer.from('\x16\x03'))
      const { connection, later } = connected(true, redirecting, badRequests)
      later(1000)
      connection.receive(Buffer.from('\x16\x03'))
    })
    expect(records).toHaveLength(burst + 1)
    expect(records.at(-1)?.properties).toMatchObject({ status: 400, leftOut: 1000 - burst })
  })
})

describe('a listener who is not redirected', () => {
  /** A connection of a real edge with one full server; counts how often the edge looks at its servers. */
  function edgeConnection() {
    const config = parseConfig({ RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret' })
    const registry = new Registry(undefined, config.maxListenersDefault, 0)
    for (const report of [
      reportOf('open'),
      reportOf('full', { listeners: 100, mounts: [mountReport('/full')] }),
    ])
      registry.put(report, printSourcelist(report), 0)
    const local = localCluster(registry, config.accounts, () => 0)
    let decisions = 0
    const edge = createEdge({
      config,
      cluster: {
        ...local,
        current: () => {
          decisions++
          return local.current()
        },
      },
      nowMs: () => 0,
      roll: () => 0.5,
      redirected: (server, kbps) => registry.redirected(server, kbps),
      carrying: { fetch, bytesMax: 0 },
      startedAtMs: 0,
    })
    const facts = { address: '192.0.2.1', secure: false, base: 'http://edge.example' }
    const { connection, written, calls, waiting, take } = connected(true, {
      answer: (request, _, url) => edge.answer(request, facts, url),
      place: (head) => edge.place(head, facts),
    })
    /** Lets the socket take everything that is written until nothing more comes. */
    const drained = async () => {
      await settled()
      while (waiting.length > 0) {
        take()
        await settled()
      }
    }
    return { connection, written, calls, drained, decisions: () => decisions }
  }
  const get = (path: string, ...lines: string[]) =>
    Buffer.from([`GET ${path} HTTP/1.1`, 'Host: edge.example', ...lines, '', ''].join('\r\n'))

  test.for([
    ['/unknown.mp3', 404],
    ['/full', 503],
    ['/live.mp3.m3u', 200],
  ] as const)('is placed once: GET %s is answered %i by one decision', async ([path, status]) => {
    for (const lines of [[], ['Content-Length: 0']]) {
      const { connection, written, decisions } = edgeConnection()
      connection.receive(get(path, ...lines))
      await settled()
      expect(written.join('')).toMatch(new RegExp(`^HTTP/1.1 ${status} `))
      expect(decisions()).toBe(1)
    }
  })

  test('is answered after the redirects before it and before the request after it, and the connection stays', async () => {
    const { connection, written, calls, drained, decisions } = edgeConnection()
    connection.receive(Buffer.concat([get('/live.mp3'), get('/unknown.mp3'), get('/live.mp3')]))
    await drained()
    expect(written.join('').match(/HTTP\/1\.1 \d+/g)).toEqual([
      'HTTP/1.1 302',
      'HTTP/1.1 404',
      'HTTP/1.1 302',
    ])
    expect(decisions()).toBe(3)
    connection.receive(get('/unknown.mp3', 'Connection: close'))
    await drained()
    expect(written.join('')).toMatch(
      /Connection: close\r\n\r\nno server carries this mount\nmounts here: .*\n$/,
    )
    expect(decisions()).toBe(4)
    expect(calls).not.toContain('destroy')
  })
})

describe('an answer that is made as it is sent', () => {
  /** An answer of many pieces, and how many of them have been made. */
  function long(pieces: number) {
    const made = { pieces: 0 }
    const answers: Answers = {
      ...redirecting,
      answer: () =>
        new Response(
          new ReadableStream(
            {
              pull(controller) {
                if (made.pieces === pieces) controller.close()
                else controller.enqueue(Buffer.from(`piece ${made.pieces++}\n`))
              },
            },
            { highWaterMark: 0 },
          ),
        ),
    }
    return { made, ...connected(true, answers) }
  }
  const ask = (version: string) => Buffer.from(`GET /own HTTP/${version}\r\nHost: x\r\n\r\n`)
  async function takeAll({ take, waiting }: ReturnType<typeof connected>) {
    await settled()
    while (waiting.length > 0) {
      take()
      await settled()
    }
  }

  test('comes in chunks, and another request may follow', async () => {
    const sent = long(40)
    sent.connection.receive(ask('1.1'))
    await takeAll(sent)
    const text = sent.written.join('')
    const [head = '', ...body] = text.split('\r\n\r\n')
    expect(head).toMatch(/\r\nTransfer-Encoding: chunked\r\n/)
    expect(head).not.toMatch(/content-length/i)
    const chunks = body.join('\r\n\r\n').split('\r\n')
    const pieces = Array.from({ length: 40 }, (_, i) => `piece ${i}\n`)
    expect(chunks).toEqual([...pieces.flatMap((piece) => [piece.length.toString(16), piece]), '0', '', ''])
    expect(sent.unread()).toBe(0)
    sent.connection.receive(Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n'))
    expect(sent.written.at(-1)).toMatch(/^HTTP\/1\.1 302 /)
  })

  test('is whole, with its length, for a client of HTTP/1.0', async () => {
    const sent = long(40)
    sent.connection.receive(ask('1.0'))
    await takeAll(sent)
    expect(sent.written.join('')).toMatch(/\r\nContent-Length: 350\r\n[\s\S]*piece 39\n$/)
  })

  test('is followed by the answers to requests behind it, also where the client has ended its side', async () => {
    const sent = long(5)
    const next = Buffer.from('GET /a HTTP/1.1\r\nHost: x\r\n\r\n')
    sent.connection.receive(Buffer.concat([ask('1.1'), next]))
    sent.connection.halfClosed()
    await takeAll(sent)
    expect(sent.written.join('')).toMatch(/\r\n8\r\npiece 4\n\r\n0\r\n\r\nHTTP\/1\.1 302 [\s\S]*\r\n\r\n$/)
    expect(sent.calls).toContain('end')
  })

  test('is not ended by a piece without bytes, which would be the last chunk', async () => {
    const pieces = ['', 'one', '', 'two', '', '', 'three', '']
    const answer = () => new Response(ReadableStream.from(pieces.map((piece) => Buffer.from(piece))))
    const sent = connected(true, { ...redirecting, answer })
    sent.connection.receive(ask('1.1'))
    await takeAll(sent)
    expect(sent.written.join('')).toMatch(/\r\n\r\n3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n$/)
  })

  test('has its whole length in the answer to a HEAD, and closes where the client asks for it', async () => {
    const sent = long(40)
    sent.connection.receive(Buffer.from('HEAD /own HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n'))
    await takeAll(sent)
    expect(sent.written.join('')).toMatch(/\r\nContent-Length: 350\r\n[\s\S]*Connection: close\r\n\r\n$/)
    expect(sent.calls).toContain('end')
  })

  test('is made no further than the client takes it, nor once it has gone', async () => {
    const sent = long(1000)
    sent.connection.receive(ask('1.1'))
    await settled()
    for (let i = 0; i < 5; i++) {
      sent.take()
      await settled()
    }
    expect(sent.made.pieces).toBeLessThan(12)
    sent.connection.closed()
    const before = sent.made.pieces
    sent.take()
    await settled()
    expect(sent.made.pieces).toBe(before)
    expect(sent.unread()).toBe(0)
  })
})

import { connect } from 'node:net'
import { describe, expect, onTestFinished, test } from 'vitest'
import { basic } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import type { EdgeClient } from '../../kit/cluster/edge-client.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { type EdgeRuntime, secrets } from '../../kit/process/runtimes.ts'
import { exchange } from '../../kit/wire/raw.ts'
import { rawRequest } from '../../kit/wire/raw-request.ts'
import { masterSender } from './settings.ts'

const auth = `Authorization: ${basic('relay', secrets.relay)}\r\n`
const target = 'http://wire.example.org:8000/wire.mp3'

/** Requests that are 302 to {@link target}, as bytes; listeners and slaves send such requests. */
const redirected: [name: string, bytes: string][] = [
  ['HTTP/1.0 without Host', 'GET /wire.mp3 HTTP/1.0\r\n\r\n'],
  [
    'a relay of Icecast 2.4.4, its Host without a port',
    'GET /wire.mp3 HTTP/1.0\r\nUser-Agent: Icecast 2.4.4\r\nHost: name-without-port\r\nIcy-MetaData: 1\r\n\r\n',
  ],
  [
    'a Host that is not the edge',
    'GET /wire.mp3 HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n',
  ],
  ['a Host that is none', 'GET /wire.mp3 HTTP/1.1\r\nHost: <a b>\r\nConnection: close\r\n\r\n'],
  ['a Host with a path', 'GET /wire.mp3 HTTP/1.1\r\nHost: evil.example/admin/\r\nConnection: close\r\n\r\n'],
  [
    'absolute form',
    'GET http://evil.example/wire.mp3 HTTP/1.1\r\nHost: edge.example\r\nConnection: close\r\n\r\n',
  ],
  ['lines that end in LF alone', 'GET /wire.mp3 HTTP/1.0\nUser-Agent: old\n\n'],
  ['two blanks before the version, as a PHP script sends it', 'GET /wire.mp3  HTTP/1.0\r\n\r\n'],
  ['HTTP/1.1 without Host', 'GET /wire.mp3 HTTP/1.1\r\nConnection: close\r\n\r\n'],
  ['empty lines before it', '\r\n\r\nGET /wire.mp3 HTTP/1.0\r\n\r\n'],
  ['a method in small letters', 'get /wire.mp3 HTTP/1.0\r\n\r\n'],
]

/** Bytes that two programs could read as different requests: rejected, and the rest of the connection is not read. */
const smuggled: [name: string, bytes: string][] = [
  ['two lengths', 'POST /api/servers HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nContent-Length: 0\r\n\r\n'],
  [
    'a length and chunks',
    'POST /api/servers HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  [
    'chunks in HTTP/1.0',
    'POST /api/servers HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a blank before the colon', 'POST /api/servers HTTP/1.1\r\nHost: a\r\nContent-Length : 5\r\n\r\n'],
  ['a body of a GET', 'GET /wire.mp3 HTTP/1.1\r\nHost: a\r\nContent-Length: 500\r\n\r\n'],
]

/** The answers to bytes that no ordinary client sends, on the runtimes whose sockets the tests can reach. */
export function wireContract(runtime: EdgeRuntime, client: () => EdgeClient): void {
  const port = () => Number(new URL(client().url).port)
  const send = (bytes: string) => rawRequest(port(), bytes)

  describe('on the wire', () => {
    test.each(redirected)('%s leads to the server, never to its Host', async (_, bytes) => {
      const report = reportOf('wire', { role: 'master', mounts: [mountReport('/wire.mp3')] })
      expect((await client().report(report, masterSender)).status).toBe(200)
      const answer = await send(bytes)
      expect(answer.statusLine).toMatch(/^HTTP\/1\.[01] 302 /)
      expect(answer.headers.get('location')).toBe(target)
      expect(answer.headers.get('content-length')).toBe('0')
    })

    test.each([
      ['raw UTF-8 in the path, as mpg123 sends it', 'GET /séance.mp3 HTTP/1.0\r\n\r\n', '/s%C3%A9ance.mp3'],
      [
        'raw UTF-8 and spaces in the query',
        'GET /wire.mp3?t=é&u=a b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n',
        '/wire.mp3?t=%C3%A9&u=a%20b',
      ],
    ])('%s is percent-encoded in the Location', async (_, bytes, location) => {
      const mounts = [mountReport('/wire.mp3'), mountReport('/s%C3%A9ance.mp3')]
      expect((await client().report(reportOf('wire', { role: 'master', mounts }), masterSender)).status).toBe(
        200,
      )
      const answer = await send(bytes)
      expect(answer.status).toBe(302)
      expect(answer.headers.get('location')).toBe(`http://wire.example.org:8000${location}`)
    })

    test.each(smuggled)('%s is answered once, and the connection closed', async (_, bytes) => {
      const text = await exchange(port(), `${bytes}GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n`)
      expect(text.match(/HTTP\/1\.1 \d+/g)).toHaveLength(1)
      expect(text).toMatch(/^Connection: close\r$/im)
    })

    test('requests that arrive in one piece are answered in order, whatever they ask for', async () => {
      const report = reportOf('wire', { role: 'master', mounts: [mountReport('/wire.mp3')] })
      expect((await client().report(report, masterSender)).status).toBe(200)
      const body = 'url: http://piped.example.org\ninterval: 10\nlisteners: 0\nmounts: 0\n\n'
      const mount = 'GET /wire.mp3 HTTP/1.1\r\nHost: a\r\n'
      const post = `POST /admin/sourcelist.txt HTTP/1.1\r\nHost: a\r\n${auth}Content-Type: text/plain\r\n`
      const text = await exchange(
        port(),
        `${mount}\r\n${post}Content-Length: ${body.length}\r\n\r\n${body}GET /healthz HTTP/1.1\nHost: a\n\n${mount}\r\n` +
          `${post}Transfer-Encoding: chunked\r\n\r\n${body.length.toString(16)}\r\n${body}\r\n0\r\n\r\n${mount}Connection: close\r\n\r\n`,
      )
      expect(text.match(/HTTP\/1\.1 \d+/g)).toEqual(
        [302, 200, 200, 302, 200, 302].map((each) => `HTTP/1.1 ${each}`),
      )
    })

    test('a reporter that expects 100 Continue gets it, unless the report is rejected', async () => {
      const body = 'url: http://expects.example.org\ninterval: 10\nlisteners: 0\nmounts: 0\n\n'
      const first =
        'POST /admin/sourcelist.txt HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nConnection: close\r\n'
      const rest = `Content-Length: ${body.length}\r\nExpect: 100-continue\r\n\r\n`
      const socket = connect(port(), '127.0.0.1')
      onTestFinished(() => void socket.destroy())
      let text = ''
      socket
        .on('error', () => {})
        .on('data', (bytes) => {
          text += bytes
          if (text === 'HTTP/1.1 100 Continue\r\n\r\n') socket.write(body)
        })
      socket.write(first + auth + rest)
      await eventually(() => text.startsWith('HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n'))
      const refused = await send(first + rest)
      expect(refused.status).toBe(401)
    })

    test.each(['x:99999', '256.1.1.1', 'a..b', 'xn--a'])(
      'a Host of "%s" is trusted nowhere, and breaks nothing',
      async (host) => {
        for (const path of ['/status-json.xsl', '/', '/wire.mp3.m3u']) {
          const answer = await send(`GET ${path} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`)
          expect(answer.status, path).toBeLessThan(500)
        }
        const body = 'url: http://hosted.example.org\ninterval: 10\nlisteners: 0\nmounts: 0\n\n'
        const head = `POST /admin/sourcelist.txt HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n${auth}Content-Type: text/plain\r\n`
        expect((await send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)).status).toBe(200)
      },
    )

    test('S12: a stock slave that polls without Host gets its list with its length, and the end', async () => {
      const answer = await send(`GET /admin/streamlist.txt HTTP/1.0\r\n${auth}\r\n`)
      expect(answer.statusLine).toMatch(/^HTTP\/1\.[01] 200 /)
      expect(answer.body).toContain(`${target}\r\n`)
      expect(answer.headers.get('content-length')).toBe(String(answer.body.length))
    })

    test('a report without Host is accepted, and its answer names no edge', async () => {
      const body = 'url: http://hostless.example.org\ninterval: 10\nlisteners: 0\nmounts: 0\n\n'
      const head = `POST /admin/sourcelist.txt HTTP/1.0\r\n${auth}Content-Type: text/plain\r\n`
      const answer = await send(`${head}Content-Length: ${body.length}\r\n\r\n${body}`)
      expect(answer.status).toBe(200)
      expect(answer.body).toBe('accepted 0\ninterval 10\nstate up\n')
    })

    test('OPTIONS of the server as a whole is answered 204', async () => {
      const answer = await send('OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
      expect(answer.status).toBe(204)
      expect(answer.headers.get('access-control-allow-methods')).toBe('GET, HEAD, OPTIONS')
    })

    // Node throws at some of these methods, and Bun takes some for GET
    test.each(['SOURCE', 'STATS', 'TRACE', 'PROPFIND', 'constructor'])(
      '%s of a mount is 405, and a source is told where to connect',
      async (method) => {
        const answer = await send(`${method} /wire.mp3 HTTP/1.0\r\n${auth}Content-Type: audio/mpeg\r\n\r\n`)
        expect(answer.status).toBe(405)
        expect(answer.headers.get('allow')).toBe('GET, HEAD, OPTIONS')
        expect(answer.headers.get('access-control-allow-origin')).toBe('*')
        expect(answer.body).toContain('sources connect to the master')
      },
    )

    test.each([
      ['a path of 64 KiB', `GET /${'a'.repeat(65_536)} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`],
      ['a NUL in the path', 'GET /a\0b HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
      ['garbage', '\x16\x03\x01\x02\0\x01\0\x01\xfc\r\n\r\n'],
      ['dot segments', 'GET /a/../../etc/passwd HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
      ['a doubled slash', 'GET //evil.example/wire.mp3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n'],
    ])('%s is rejected, and the next listener is served', async (_, bytes) => {
      const { status } = await send(bytes)
      expect(status === 0 || (status >= 400 && status < 600), `${status}`).toBe(true)
      expect((await client().ask('/wire.mp3', { method: 'HEAD' })).status).toBe(302)
    })

    test.each([
      [413, 'text/plain', 2_000_000],
      [415, 'text/html', 500_000],
    ])(
      'a sender that gets %i in the middle of its report can read the whole answer',
      async (status, type, size) => {
        const head = `POST /admin/sourcelist.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${auth}Content-Type: ${type}\r\n`
        const answer = await send(`${head}Content-Length: ${size}\r\n\r\n${'a'.repeat(size)}`)
        expect(answer.status).toBe(status)
        expect(answer.body).toMatch(/\n$/)
      },
    )

    test('a sender that gets 413 in the middle of its report sees the connection end, not reset', async () => {
      const socket = connect(Number(new URL(client().url).port), '127.0.0.1')
      const ended = new Promise<string>((resolve, reject) => {
        let text = ''
        socket.on('data', (bytes) => {
          text += bytes
        })
        socket.once('end', () => resolve(text)).once('error', reject)
      })
      const size = 8_000_000
      const head = `POST /admin/sourcelist.txt HTTP/1.1\r\nHost: a\r\nConnection: close\r\n${auth}Content-Type: text/plain\r\n`
      socket.write(`${head}Content-Length: ${size}\r\n\r\n${'a'.repeat(size)}`)
      expect(await ended).toMatch(/^HTTP\/1\.1 413 /)
      socket.destroy()
    })

    test('a source that goes on streaming after it was rejected is cut off', async () => {
      const socket = connect(Number(new URL(client().url).port), '127.0.0.1')
      let answer = ''
      const closed = new Promise((resolve) => socket.once('close', resolve).on('error', () => {}))
      socket.on('data', (bytes) => {
        answer += bytes
      })
      socket.write('PUT /wire.mp3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n')
      const streaming = setInterval(() => socket.write('4\r\nbeat\r\n'), 50)
      await closed
      clearInterval(streaming)
      expect(answer).toMatch(/^HTTP\/1\.1 405 /)
    })

    test('a listener that ends its side after its request is answered, and the connection is closed', async () => {
      const report = reportOf('wire', { role: 'master', mounts: [mountReport('/wire.mp3')] })
      expect((await client().report(report, masterSender)).status).toBe(200)
      const socket = connect({
        port: Number(new URL(client().url).port),
        host: '127.0.0.1',
        allowHalfOpen: true,
      })
      const closed = new Promise<string>((resolve, reject) => {
        let text = ''
        socket.on('data', (bytes) => {
          text += bytes
        })
        socket.once('end', () => resolve(text)).once('error', reject)
      })
      socket.end('GET /wire.mp3 HTTP/1.1\r\nHost: a\r\n\r\n')
      expect(await closed).toMatch(/^HTTP\/1\.1 302 /)
      socket.destroy()
    })

    test(`the ${runtime} edge survives a report whose sender disconnects half way`, async () => {
      const before = await client().held()
      const socket = connect(Number(new URL(client().url).port), '127.0.0.1')
      await new Promise((sent) => {
        socket.write(
          `POST /admin/sourcelist.txt HTTP/1.1\r\nHost: a\r\n${auth}Content-Type: text/plain\r\nContent-Length: 500\r\n\r\nid: half\n`,
          sent,
        )
      })
      socket.destroy()
      expect(await client().held()).toEqual(before)
    })
  })
}

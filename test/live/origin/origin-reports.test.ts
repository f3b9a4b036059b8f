import { createServer } from 'node:http'
import { text as textOf } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { freePort } from '../../kit/process/ports.ts'
import { originRuntimes, type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

const relay = `Authorization: ${basic('relay', secrets.relay)}`
const text = 'Content-Type: text/plain; charset=utf-8'
const report = 'url: http://192.0.2.1:8000\ninterval: 10\nlisteners: 0\nmounts: 0\n\n'
const statusOf = (answer: string) => Number(/^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1])
const chunk = (data: string) => `${data.length.toString(16)}\r\n${data}\r\n`

describe.for(originRuntimes)('reports at a deciding master on %s', (runtime) => {
  let origin: Server
  beforeAll(async () => {
    origin = await startOrigin(runtime, ['--public-slave'])
  })
  afterAll(() => origin?.stop())
  const post = (headers: string[], body: string) =>
    exchange(
      origin.port,
      `${['POST /admin/sourcelist.txt HTTP/1.1', ...headers].join('\r\n')}\r\n\r\n${body}`,
    )

  test('are accepted with a length and chunked', async () => {
    expect(statusOf(await post([relay, text, `Content-Length: ${report.length}`], report))).toBe(200)
    const chunks = chunk(report.slice(0, 20)) + chunk(report.slice(20)) + chunk('')
    expect(statusOf(await post([relay, text, 'Transfer-Encoding: chunked'], chunks))).toBe(200)
  })

  test('are awaited after 100 Continue', async () => {
    const connection = connectRaw(origin.port)
    const headers = [relay, text, `Content-Length: ${report.length}`, 'Expect: 100-continue']
    connection.send(`POST /admin/sourcelist.txt HTTP/1.1\r\n${headers.join('\r\n')}\r\n\r\n`)
    await connection.until(/^HTTP\/1\.1 100 Continue\r\n\r\n$/)
    connection.send(report)
    await connection.until(/HTTP\/1\.1 200 OK\r\n/)
    connection.socket.destroy()
  })

  test('are refused in this order: 401, 415, 413, 400', async () => {
    const big = [`Content-Length: ${2 ** 21}`]
    expect(statusOf(await post([text, ...big], ''))).toBe(401)
    expect(statusOf(await post([relay, 'Content-Type: text/html', ...big], ''))).toBe(415)
    expect(statusOf(await post([relay, text, ...big], ''))).toBe(413)
    expect(statusOf(await post([relay, text, 'Content-Length: 5'], 'wrong'))).toBe(400)
  })

  test('that are chunked get 413 after a megabyte, and 400 if they are invalid', async () => {
    const endless = chunk('x'.repeat(65_536)).repeat(17)
    expect(statusOf(await post([relay, text, 'Transfer-Encoding: chunked'], endless))).toBe(413)
    expect(statusOf(await post([relay, text, 'Transfer-Encoding: chunked'], 'zzz\r\n'))).toBe(400)
  })

  test('that are cut off are abandoned at once', async () => {
    const connection = connectRaw(origin.port)
    const head = `POST /admin/sourcelist.txt HTTP/1.1\r\n${relay}\r\n${text}\r\nContent-Length: 1000\r\n\r\n`
    connection.send(head + report)
    connection.socket.end()
    expect(await connection.closed()).toBe('')
  })
})

test.for(originRuntimes)(
  'a listener at an origin on %s learns nothing that would let it report in its name',
  async (runtime) => {
    let boot: string | undefined
    const decider = createServer(async (request, response) => {
      boot = /^boot: (.+)$/m.exec(await textOf(request))?.[1]
      response.end('accepted 1\ninterval 1\n')
    })
    const port = await freePort()
    await new Promise<void>((resolve) => decider.listen(port, '127.0.0.1', resolve))
    onTestFinished(() => void decider.close().closeAllConnections())
    const flags = ['--edge', `http://127.0.0.1:${port}`, '--edge-password', secrets.relay]
    const origin = await startOrigin(runtime, flags)
    onTestFinished(() => origin.stop())
    const url = `${origin.url}/live.mp3`
    const source = startSource({ url, password: secrets.source, programme: numbered })
    onTestFinished(() => source.close())
    await eventually(() => source.isPlaying && boot !== undefined)
    const relay = connectRaw(origin.port)
    onTestFinished(() => void relay.socket.destroy())
    relay.send('GET /live.mp3 HTTP/1.0\r\nUser-Agent: Icecast 2.4.4\r\n\r\n')
    const head = await relay.until(/\r\n\r\n/)
    expect(boot?.length).toBeGreaterThan(8)
    expect(head).toMatch(/^Via: 1\.0 \S+%2Flive\.mp3\r$/m)
    expect(head).not.toContain(boot)
  },
)

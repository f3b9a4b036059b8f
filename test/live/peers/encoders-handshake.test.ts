import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { lastNumber, numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { basic } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { startRival } from '../../kit/cluster/rivals.ts'
import { freePortBlock } from '../../kit/process/ports.ts'
import { originRuntimes, type Server, secrets } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'
import { connectRaw, exchange, type RawConnection } from '../../kit/wire/raw.ts'

const login = `Authorization: ${basic('source', secrets.source)}`
const type = 'Content-Type: audio/mpeg'
const request = (line: string, ...headers: readonly string[]) => `${[line, ...headers].join('\r\n')}\r\n\r\n`
/** Headers that libshout adds to its first request for a mount, which has no credentials. */
const probing = ['Content-Length: 0', 'Connection: Keep-Alive', 'Prefer: return=minimal']
const headOf = (answer: string) => answer.slice(0, answer.indexOf('\r\n\r\n'))

/** frames that a source sends at once, and that its listener hears */
const frames = 100
/** the last of them is held back: it is complete only when the next one arrives */
const framesHeard = frames - 1

describe.for(originRuntimes)('handshakes of encoders, byte by byte, on %s', (runtime) => {
  let origin: Server
  let shoutcastPort: number
  beforeAll(async () => {
    shoutcastPort = await freePortBlock(2)
    const elements = `<listen-socket>
      <port>${shoutcastPort}</port><bind-address>127.0.0.1</bind-address><shoutcast-mount>/shoutcast</shoutcast-mount>
    </listen-socket>`
    origin = await startRival(runtime, { elements, limits: '<burst-size>65536</burst-size>' })
  })
  afterAll(() => origin?.stop())

  const open = (port = origin.port): RawConnection => {
    const connection = connectRaw(port)
    onTestFinished(() => void connection.socket.destroy())
    return connection
  }
  /** Sends frames as an accepted source, and expects that they are heard. */
  const expectHeard = async (connection: RawConnection, mount: string) => {
    for (let n = 0; n < frames; n++) connection.send(numberedFrame(n))
    const listener = await listenWhenServed(origin.url + mount)
    onTestFinished(() => listener.close())
    await eventually(() => lastNumber(listener.audio()) + 1 >= framesHeard)
    expect(numbersInOrder(listener.audio()).first).toBe(0)
  }

  test('OPTIONS * with an offer of TLS is answered with the allowed methods, including PUT', async () => {
    const offer = ['Host: x', 'Connection: Upgrade', 'Upgrade: TLS/1.0, HTTP/1.1']
    const answer = await exchange(origin.port, request('OPTIONS * HTTP/1.1', ...offer))
    expect(answer).toMatch(/^HTTP\/1\.1 204 /)
    expect(answer).toMatch(/^Allow: .*\bPUT\b.*\bSOURCE\b/m)
  })

  test('!POKE is answered', async () => {
    expect(await exchange(origin.port, request('GET /admin/!POKE HTTP/1.1', 'Host: x'))).toMatch(
      /^HTTP\/1\.1 4\d\d /,
    )
  })

  test.each(['SOURCE /probed.mp3 HTTP/1.0', 'PUT /probed.mp3 HTTP/1.1'])(
    '%s without credentials gets 401, and the source follows on the same connection',
    async (line) => {
      const connection = open()
      connection.send(request(line, type, ...probing))
      const refused = await connection.until(/\r\n\r\nYou need to authenticate\r\n$/)
      expect(refused).toMatch(/^HTTP\/1\.0 401 /)
      expect(headOf(refused)).toMatch(/^Connection: keep-alive$/m)
      expect(headOf(refused)).toMatch(/^Content-Length: 26$/m)
      expect(headOf(refused)).toMatch(/^Allow: .*\bPUT\b/m)
      expect(headOf(refused)).toMatch(/^WWW-Authenticate: Basic realm="Icecast2 Server"$/m)
      expect((await fetch(`${origin.url}/probed.mp3`)).status).toBe(404) // the probe occupied no mount
      connection.send(request(line, type, login, 'Expect: 100-continue'))
      const answers = await connection.until(/HTTP\/1\.0 200 OK\r\n\r\n$/)
      expect(answers.slice(refused.length)).toBe(
        'HTTP/1.1 100 Continue\r\nContent-Length: 0\r\n\r\nHTTP/1.0 200 OK\r\n\r\n',
      )
      await expectHeard(connection, '/probed.mp3')
      connection.socket.destroy()
      await eventually(
        async () => (await fetch(`${origin.url}/probed.mp3`, { method: 'HEAD' })).status === 404,
      )
    },
  )

  test('the probe and the next request in one packet are answered in order', async () => {
    const connection = open()
    const probe = request('PUT /packet.mp3 HTTP/1.1', type, ...probing)
    connection.send(probe + probe + request('PUT /packet.mp3 HTTP/1.1', type, login))
    expect((await connection.until(/HTTP\/1\.0 200 OK\r\n\r\n$/)).match(/ 401 /g)).toHaveLength(2)
    await expectHeard(connection, '/packet.mp3')
  })

  test('each request on a connection has its own line in the access log, with its own bytes', async () => {
    const connection = open()
    connection.send(request('PUT /logged.mp3 HTTP/1.1', type, ...probing))
    const refused = await connection.until(/authenticate\r\n$/)
    connection.send(request('PUT /logged.mp3 HTTP/1.1', type, login))
    await connection.until(/200 OK\r\n\r\n$/)
    connection.socket.destroy()
    await origin.program.line(new RegExp(`"PUT /logged.mp3 HTTP/1.1" 401 ${refused.length} `))
    await origin.program.line(/"PUT \/logged.mp3 HTTP\/1.1" 200 19 /)
  })

  test('a 401 closes the connection if the client does not ask to keep it, or sends a body', async () => {
    for (const headers of [[type], [type, 'Content-Length: 4', 'Connection: Keep-Alive']]) {
      const answer = await exchange(origin.port, request('PUT /closed.mp3 HTTP/1.1', ...headers))
      expect(answer).toMatch(/^HTTP\/1\.0 401 /)
      expect(headOf(answer)).toMatch(/^Connection: close$/m)
    }
  })

  test.each([
    ['POST', 'POST /posted.mp3 HTTP/1.1'],
    ['SOURCE as ICE/1.0', 'SOURCE /posted.mp3 ICE/1.0'],
    ['SOURCE as HTTP/1.1', 'SOURCE /posted.mp3 HTTP/1.1'],
  ])('%s is a source', async (_, line) => {
    const connection = open()
    connection.send(request(line, type, login))
    await connection.until(/^HTTP\/1\.0 200 OK\r\n\r\n$/)
    await expectHeard(connection, '/posted.mp3')
    connection.socket.destroy()
    await eventually(async () => (await fetch(`${origin.url}/posted.mp3`, { method: 'HEAD' })).status === 404)
  })

  describe('of Shoutcast', () => {
    const headers = ['icy-name:A station', 'icy-br:128', 'content-type:audio/mpeg']
    const isFree = () =>
      eventually(async () => (await fetch(`${origin.url}/shoutcast`, { method: 'HEAD' })).status === 404)

    test.each(['\r\n', '\n', '\r\r\n'])(
      'the password, then OK2, then the headers, in lines that end in %j',
      async (end) => {
        await isFree()
        const connection = open(shoutcastPort + 1)
        connection.send(secrets.source + end)
        expect(await connection.until(/\r\n\r\n$/)).toBe('OK2\r\nicy-caps:11\r\n\r\n')
        connection.send(`${headers.join('\r\n')}\r\n\r\n`)
        await expectHeard(connection, '/shoutcast')
        connection.socket.destroy()
      },
    )

    test('the password, the headers and the stream in one packet', async () => {
      await isFree()
      const connection = open(shoutcastPort + 1)
      const head = [secrets.source, ...headers, '', ''].join('\n')
      connection.send(Buffer.concat([Buffer.from(head), numberedFrame(0)]))
      expect(await connection.until(/\r\n\r\n$/)).toBe('OK2\r\nicy-caps:11\r\n\r\n')
      for (let n = 1; n < frames; n++) connection.send(numberedFrame(n))
      const listener = await listenWhenServed(`${origin.url}/shoutcast`)
      onTestFinished(() => listener.close())
      await eventually(() => lastNumber(listener.audio()) + 1 >= framesHeard)
      expect(numbersInOrder(listener.audio()).first).toBe(0)
      expect(listener.headers.get('icy-name')).toBe('A station')
      connection.socket.destroy()
    })

    test('a wrong password occupies no mount, and is closed', async () => {
      await isFree()
      const answer = await exchange(shoutcastPort + 1, 'wrong\r\nicy-name:A station\r\n\r\n')
      expect(answer).not.toContain('OK2')
      await isFree()
    })
  })
})

import { writeFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { basic, numbered, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { peer } from '../../kit/peers/peers.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { originRuntimes, type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { makeCertificate } from '../../kit/process/tls.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

/** more than the connections without a complete head that a server keeps */
const flood = 4500
/** number of them at once */
const floodStep = 250
// a head may take some time: on a busy machine the flood does too
const icecastXml = `<icecast><limits><max-listeners>3</max-listeners><sources>2</sources><header-timeout>120</header-timeout></limits></icecast>`

/** docs/protocol.md#bounds: one address cannot starve the rest; admin, source and relays with credentials have their own slots. */
describe.for(originRuntimes)('an origin on %s under a flood', (runtime) => {
  const file = join(suiteFolder(), 'icecast.xml')
  const shortFile = join(suiteFolder(), 'icecast.xml')
  let origin: Server
  let playing: Source
  beforeAll(async () => {
    writeFileSync(file, icecastXml)
    writeFileSync(shortFile, '<icecast><limits><header-timeout>2</header-timeout></limits></icecast>')
    origin = await startOrigin(runtime, ['--config', file])
    playing = startSource({ url: `${origin.url}/live.mp3`, password: secrets.source, programme: numbered })
    await eventually(() => playing.sent > 0)
  })
  afterAll(async () => {
    playing?.close()
    await origin?.stop()
  })

  const authorization = (user: 'admin' | 'relay' | 'source') =>
    `Authorization: ${basic(user, secrets[user])}\r\n`
  const ask = (request: string) => exchange(origin.port, `${request}\r\n`)
  /** Requests that must keep working, whatever else happens. */
  const expectService = async () => {
    expect(await ask(`GET /admin/stats HTTP/1.0\r\n${authorization('admin')}`)).toMatch(/^HTTP\/1\.0 200/)
    const relay = connectRaw(origin.port)
    relay.send(`GET /live.mp3 HTTP/1.0\r\n${authorization('relay')}\r\n`)
    await relay.until(/^HTTP\/1\.0 200/)
    const source = connectRaw(origin.port)
    source.send(`SOURCE /other.mp3 HTTP/1.0\r\n${authorization('source')}\r\n`)
    await source.until(/^HTTP\/1\.0 200/)
    for (const { socket } of [relay, source]) socket.destroy()
    await eventually(async () => (await ask('GET /other.mp3 HTTP/1.0\r\n')).startsWith('HTTP/1.0 404'))
  }
  /** Connections of a test, closed with it. */
  const opened = (sockets: Socket[]) => {
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy()
    })
    return sockets
  }

  /**
   * Connections that say nothing. They come in steps: where more wait to be accepted than the system keeps, it forgets some
   * of them, which the server then never sees.
   */
  const openIdle = async (port: number) => {
    const idle: Socket[] = []
    opened(idle)
    while (idle.length < flood) {
      const step = Array.from({ length: floodStep }, () => connect({ port, host: '127.0.0.1' }))
      idle.push(...step)
      for (const socket of step) socket.on('error', () => {}).resume()
      await eventually(() => step.every(({ connecting }) => !connecting))
    }
    return idle
  }

  test('of connections that say nothing: another address is not closed because of them, and every request is answered', async () => {
    const slow = connect({ port: origin.port, host: '127.0.0.1', localAddress: '127.0.0.2' })
    let answer = ''
    slow.on('data', (bytes) => {
      answer += bytes.toString('latin1')
    })
    slow.write('HEAD /live.mp3 HTTP/1.0\r\n')
    const idle = await openIdle(origin.port)
    // the oldest connections of the flood make room for its newest
    await eventually(() => idle.filter(({ destroyed }) => destroyed).length >= flood - 4096 - 1)
    await expectService()
    slow.write('\r\n')
    await eventually(() => answer.startsWith('HTTP/1.0 200'))
  })

  peer('openssl')('of connections that never agree on TLS, of which none stays', async () => {
    const { certFile, keyFile } = makeCertificate()
    const tlsPort = await freePort()
    const tls = ['--tls-port', String(tlsPort), '--tls-cert', certFile, '--tls-key', keyFile]
    const secure = await startOrigin(runtime, ['--config', shortFile, ...tls])
    onTestFinished(() => secure.stop())
    const idle = await openIdle(tlsPort)
    const gone = () => idle.filter(({ destroyed }) => destroyed).length
    await eventually(() => gone() >= flood - 4096)
    // the rest is closed when its time is up
    await eventually(() => gone() === flood)
  })

  test('of listeners', async () => {
    const listeners = Array.from({ length: 40 }, () => connectRaw(origin.port))
    opened(listeners.map(({ socket }) => socket))
    for (const { send } of listeners) send('GET /live.mp3 HTTP/1.0\r\n\r\n')
    await eventually(() => listeners.every(({ received }) => /^HTTP\/1\.0 (200|403)/.test(received())))
    expect(listeners.filter(({ received }) => received().startsWith('HTTP/1.0 200'))).toHaveLength(3)
    await expectService()
  })

  test('of requests whose bodies do not come: every client that asks for a page gets it', async () => {
    const requests = Array.from({ length: 300 }, () => connectRaw(origin.port))
    opened(requests.map(({ socket }) => socket))
    const wrong = `Authorization: ${basic('admin', 'wrong')}\r\n`
    for (const { send } of requests)
      send(`POST /admin/metadata HTTP/1.1\r\n${wrong}Content-Length: 1000\r\n\r\n`)
    // when this one has been read, the last of them has been read too
    expect(await ask('POST /admin/metadata HTTP/1.0\r\nContent-Length: 1000\r\n')).toMatch(/^HTTP\/1\.0 401/)
    for (const path of ['/status-json.xsl', '/status.xsl', '/healthz'])
      expect(await ask(`GET ${path} HTTP/1.0\r\n`)).toMatch(/^HTTP\/1\.0 200/)
    await expectService()
  })

  test('of sources with a wrong password', async () => {
    const attempts = Array.from({ length: 300 }, () => connectRaw(origin.port))
    opened(attempts.map(({ socket }) => socket))
    for (const { send } of attempts)
      send(`SOURCE /other.mp3 HTTP/1.0\r\nAuthorization: ${basic('source', 'wrong')}\r\n\r\nnoise`)
    await eventually(() => attempts.every(({ received }) => received().startsWith('HTTP/1.0 401')))
    await expectService()
  })
})

import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { basic, numbered, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { originRuntimes, type Server, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

const icecastXml = `<icecast>
  <limits>
    <max-listeners>3</max-listeners><sources>2</sources>
    <header-timeout>2</header-timeout>
  </limits>
  <mount><mount-name>/silent</mount-name><source-timeout>2</source-timeout></mount>
</icecast>`

/** The limits of an origin that is configured to be small. */
describe.for(originRuntimes)('an origin of 3 listeners and 2 sources on %s', (runtime) => {
  let origin: Server
  let playing: Source
  beforeAll(async () => {
    const file = join(mkdtempSync(join(tmpdir(), 'origin-')), 'icecast.xml')
    writeFileSync(file, icecastXml)
    origin = await startOrigin(runtime, ['--config', file])
    playing = startSource({ url: `${origin.url}/live.mp3`, password: secrets.source, programme: numbered })
    await eventually(() => playing.sent > 0)
  })
  afterAll(async () => {
    playing?.close()
    await origin?.stop()
  })
  const open = (...lines: string[]) => {
    const connection = connectRaw(origin.port)
    onTestFinished(() => void connection.socket.destroy())
    connection.send(lines.map((line) => `${line}\r\n`).join(''))
    return connection
  }
  const headers = { Authorization: basic('admin', secrets.admin) }
  const listeners = async () =>
    Number(
      /<listeners>(\d+)</.exec(await (await fetch(`${origin.url}/admin/stats`, { headers })).text())?.[1],
    )

  test('closes a connection whose head is not complete in time, whether it sends a byte now and then or none', async () => {
    const silent = open()
    const dripping = open('GET /live.mp3 HTTP/1.1')
    const drip = setInterval(() => dripping.socket.writable && dripping.send('x'), 500)
    onTestFinished(() => clearInterval(drip))
    expect(await silent.closed()).toBe('')
    expect(await dripping.closed()).toBe('')
  })

  test('drops a source that is silent for source-timeout', async () => {
    const silent = open('SOURCE /silent HTTP/1.0', `Authorization: ${basic('source', secrets.source)}`, '')
    await silent.until(/200 OK/)
    await silent.closed()
  })

  test('accepts no third source', async () => {
    const auth = `Authorization: ${basic('source', secrets.source)}`
    await open('SOURCE /second HTTP/1.0', auth, '').until(/200 OK/)
    expect(await exchange(origin.port, `SOURCE /third HTTP/1.0\r\n${auth}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.0 403 [\s\S]*too many sources connected/,
    )
  })

  test('refuses a fourth listener; relays and the admin still have their own room, HEAD and probes use none', async () => {
    const get = 'GET /live.mp3 HTTP/1.1'
    const three = [open(get, ''), open(get, ''), open(get, '')]
    for (const listener of three) await listener.until(/^HTTP\/1\.1 200/)
    expect(await exchange(origin.port, `${get}\r\n\r\n`)).toMatch(
      /^HTTP\/1\.1 403 [\s\S]*max listeners reached/,
    )
    const agent = 'User-Agent: Icecast 2.4.4'
    expect(await exchange(origin.port, `${get}\r\n${agent}\r\n\r\n`)).toMatch(/^HTTP\/1\.1 403/)
    await open(get, agent, `Authorization: ${basic('relay', secrets.relay)}`, '').until(/^HTTP\/1\.1 200/)
    expect(await listeners()).toBe(3)
    for (const { socket } of three) socket.resetAndDestroy()
    await eventually(async () => (await listeners()) === 0)
  })

  test('answers other clients while one address holds silent connections', async () => {
    const idle = Array.from({ length: 300 }, () => open())
    await eventually(() => idle.every(({ socket }) => !socket.connecting))
    const answer = await exchange(origin.port, 'HEAD /live.mp3 HTTP/1.0\r\n\r\n')
    expect(answer).toMatch(/^HTTP\/1\.0 200/)
  })
})

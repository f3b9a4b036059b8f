import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { numberedFrame, numbersInOrder } from '../../kit/audio/numbered-frames.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { freePortBlock } from '../../kit/process/ports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { originRuntimes } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

const password = 'letmein'
const accepted = 'OK2\r\nicy-caps:11\r\n\r\n'
const headers = ['icy-name:Radio', 'icy-br:128', 'content-type:audio/mpeg']

/** s that a head may take: longer than a busy machine takes between two parts of one */
const headSeconds = 8

const icecastXml = (port: number) => `<icecast>
  <authentication><source-password>${password}</source-password></authentication>
  <listen-socket>
    <port>${port}</port><bind-address>127.0.0.1</bind-address><shoutcast-mount>/sc.mp3</shoutcast-mount>
  </listen-socket>
  <mount><mount-name>/own.mp3</mount-name><password>its own</password></mount>
  <limits><header-timeout>${headSeconds}</header-timeout></limits>
</icecast>`

describe.for(originRuntimes)('a Shoutcast port on %s', (runtime) => {
  const folder = suiteFolder()
  let program: Program
  let port: number
  let shoutcastPort: number
  beforeAll(async () => {
    const file = join(folder, 'icecast.xml')
    port = await freePortBlock(2)
    shoutcastPort = port + 1
    writeFileSync(file, icecastXml(port))
    program = start(runtime, [originProgram, '--config', file])
    await program.line(/"ready"/)
  })
  afterAll(() => program?.stop())

  /** A source that has sent this; it is closed with the test, and its mount has ended before the next one starts. */
  const source = async (...said: string[]) => {
    const connection = connectRaw(shoutcastPort)
    for (const part of said) connection.send(part)
    onTestFinished(async () => {
      connection.socket.destroy()
      await eventually(async () => (await stats()).length === 0)
    })
    return connection
  }
  const stats = async (): Promise<Record<string, unknown>[]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/status-json.xsl`)
    const { source: mounts = [] } = ((await answer.json()) as { icestats: { source?: object } }).icestats
    return [mounts].flat() as Record<string, unknown>[]
  }
  const titleOf = async () => (await stats())[0]?.title
  const admin = (query: string) =>
    exchange(port, `GET /admin.cgi?${query} HTTP/1.0\r\nUser-Agent: Mozilla\r\n\r\n`)

  test.each(['\r\n', '\n', '\r\r\n'])(
    'answers the password with OK2 before any header, with lines ending in %j',
    async (end) => {
      const encoder = await source(password + end)
      expect(await encoder.until(/\r\n\r\n/)).toBe(accepted)
      encoder.send(headers.join(end) + end + end)
      encoder.send(numberedFrame(0))
      await eventually(async () => (await stats())[0]?.server_name === 'Radio')
      expect((await stats())[0]).toMatchObject({ server_type: 'audio/mpeg', bitrate: 128 })
      expect(encoder.received()).toBe(accepted)
    },
  )

  test('docs/icecast.md#shoutcast-sources: password, headers and audio in one packet; a listener hears every frame', async () => {
    const frames = Buffer.concat(Array.from({ length: 50 }, (_, n) => numberedFrame(n)))
    const head = `${password}\r\n${headers.join('\r\n')}\r\n\r\n`
    const encoder = await source()
    encoder.send(Buffer.concat([Buffer.from(head), frames]))
    await encoder.until(/^OK2/)
    const listener = await listenWhenServed(`http://127.0.0.1:${port}/sc.mp3`)
    onTestFinished(() => listener.close())
    await eventually(() => listener.bytesHeard >= frames.length)
    expect(numbersInOrder(listener.audio())).toMatchObject({ first: 0, count: 50 })
  })

  test('a source without a content type is MP3, as the first Shoutcast sources were', async () => {
    await source(`${password}\nicy-name:a\n\n`)
    await eventually(async () => (await stats())[0]?.server_type === 'audio/mpeg')
  })

  test.each(['wrong', '', '!POKE', '/own.mp3:letmein', '/no/../mount:letmein'])(
    'refuses the password %j and closes',
    async (wrong) => {
      const probe = `${wrong}\nicy-name:libshout server poke request\n\n`
      expect(await exchange(shoutcastPort, probe)).toBe('invalid password\r\n')
      expect(await stats()).toEqual([])
    },
  )

  test('icecast-kh: a password of the form /mount:password names the mount, and is the mount’s own', async () => {
    const encoder = await source('/own.mp3:its own\r\nicy-name:Own\r\n\r\n')
    await encoder.until(/^OK2/)
    await eventually(async () => String((await stats())[0]?.listenurl).endsWith('/own.mp3'))
  })

  test('icecast-kh: an HTTP request on this port is answered as on any other', async () => {
    expect(await exchange(shoutcastPort, 'GET /status-json.xsl HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.0 200/)
    const login = Buffer.from(`source:${password}`).toString('base64')
    const encoder = await source(`SOURCE /http.mp3 HTTP/1.0\r\nAuthorization: Basic ${login}\r\n\r\n`)
    await encoder.until(/^HTTP\/1\.0 200 OK/)
  })

  test('docs/protocol.md#bounds: a connection that is not complete in time is closed', async () => {
    const [silent, slow] = [connectRaw(shoutcastPort), connectRaw(shoutcastPort)]
    slow.send(`${password}\r\nicy-name:a\r\n`)
    expect([await silent.closed(), await slow.closed()]).toEqual(['', accepted])
  })

  test('a second source finds the mount in use', async () => {
    const first = await source(`${password}\n\n`)
    await eventually(async () => (await stats()).length === 1)
    expect(await exchange(shoutcastPort, `${password}\n\n`)).toBe(accepted)
    expect(first.isClosed).toBe(false)
  })

  test('/admin.cgi sets its titles, answered as Icecast 2.4 does', async () => {
    expect(await admin(`mode=updinfo&pass=${password}&song=x`)).toMatch(/ 400 [\s\S]*Source does not exist/)
    await source(`${password}\n\n`)
    await eventually(async () => (await stats()).length === 1)
    expect(await admin(`mode=updinfo&pass=${password}&song=J%FCrgen+-+Title`)).toMatch(
      / 200 [\s\S]*Metadata update successful/,
    )
    expect(await titleOf()).toBe('Jürgen - Title')
    expect(await admin(`mode=updinfo&pass=${password}&mount=/sc.mp3&charset=UTF%2d8&song=%C3%A9`)).toMatch(
      / 200 /,
    )
    expect(await titleOf()).toBe('é')
    expect(await admin('mode=updinfo&song=x')).toMatch(/ 400 [\s\S]*missing pass parameter/)
    expect(await admin('mode=updinfo&pass=wrong&song=x')).toMatch(/ 401 [\s\S]*WWW-Authenticate/)
    expect(await admin(`mode=updinfo&pass=${password}&mount=/own.mp3&song=x`)).toMatch(/ 401 /)
    expect(await admin(`mode=updinfo&pass=${password}`)).toMatch(/ 400 [\s\S]*Missing parameter/)
    expect(await admin(`mode=viewxml&pass=${password}`)).toMatch(/ 400 [\s\S]*Missing parameter/)
    expect(await admin(`mode=viewxml&pass=${password}&song=x`)).toMatch(/ 400 [\s\S]*illegal metadata call/)
    expect(await titleOf()).toBe('é')
  })

  test('/admin.cgi is only for Shoutcast sources', async () => {
    const login = Buffer.from(`source:${password}`).toString('base64')
    const encoder = await source(`SOURCE /sc.mp3 HTTP/1.0\r\nAuthorization: Basic ${login}\r\n\r\n`)
    await encoder.until(/200 OK/)
    expect(await admin(`mode=updinfo&pass=${password}&song=x`)).toMatch(/ 400 [\s\S]*illegal metadata call/)
  })

  test('docs/protocol.md#bounds: no password in a title request is logged', () => {
    expect(program.output()).toContain('/admin.cgi')
    expect(program.output()).not.toContain(`pass=`)
    expect(program.output()).not.toContain('its own')
  })
})

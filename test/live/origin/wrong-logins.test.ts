import { createHash } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { basic, numbered, type Source, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { suiteFolder } from '../../kit/process/files.ts'
import { freePortBlock } from '../../kit/process/ports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { originRuntimes, secrets } from '../../kit/process/runtimes.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

describe.for(originRuntimes)('wrong logins at an origin on %s', (runtime) => {
  let program: Program
  let port = 0
  let playing: Source
  let shoutcastPort = 0
  beforeAll(async () => {
    const folder = suiteFolder()
    writeFileSync(join(folder, 'users'), `bob:${createHash('md5').update('geheim').digest('hex')}\n`)
    const file = join(folder, 'icecast.xml')
    port = await freePortBlock(2)
    shoutcastPort = port + 1
    writeFileSync(
      file,
      `<icecast><listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address>
        <shoutcast-mount>/sc.mp3</shoutcast-mount></listen-socket>
      <mount><mount-name>/own.mp3</mount-name><password>its own</password></mount>
      <mount><mount-name>/members.mp3</mount-name><authentication type="htpasswd">
        <option name="filename" value="${join(folder, 'users')}"/></authentication></mount></icecast>`,
    )
    program = start(runtime, [originProgram, '--config', file], {
      env: {
        ORIGIN_SOURCE_PASSWORD: secrets.source,
        ORIGIN_RELAY_PASSWORD: secrets.relay,
        ORIGIN_ADMIN_PASSWORD: secrets.admin,
      },
    })
    await program.line(/"ready"/)
    playing = startSource({
      url: `http://127.0.0.1:${port}/members.mp3`,
      password: secrets.source,
      programme: numbered,
    })
    await eventually(() => playing.isPlaying)
  })
  afterAll(async () => {
    playing?.close()
    await program?.stop()
  })

  const wrong = `Authorization: ${basic('eve', 'guess')}\r\n`
  const lines = () =>
    program
      .output()
      .split('\n')
      .filter((line) => line.includes('"wrong login"'))
      .map((line): Record<string, unknown> => JSON.parse(line))
  const ask = (request: string) => exchange(port, `${request}\r\n`)

  test.each([
    ['admin', `GET /admin/stats HTTP/1.0\r\n${wrong}`, 401],
    ['admin', `GET /admin/streamlist.txt HTTP/1.0\r\n${wrong}`, 401],
    ['api', `GET /metrics HTTP/1.0\r\n${wrong}`, 401],
    ['stats', `STATS / HTTP/1.0\r\n${wrong}`, 401],
    ['source', `SOURCE /x.mp3 HTTP/1.0\r\n${wrong}`, 401],
    ['listener', `GET /members.mp3 HTTP/1.0\r\n${wrong}`, 401],
    ['relay', `GET /x.mp3 HTTP/1.0\r\nAuthorization: ${basic('relay', 'guess')}\r\n`, 404],
    ['titles', 'GET /admin.cgi?mode=updinfo&pass=guess&song=x HTTP/1.0\r\n', 401],
  ])('are logged at the door %s', async (door, request, status) => {
    const before = lines().length
    expect(await ask(request)).toMatch(new RegExp(`^HTTP/1\\.[01] ${status}`))
    const line = await eventually(() => lines()[before])
    expect(line).toMatchObject({ door, address: '127.0.0.1', level: 'WARN' })
    expect(JSON.stringify(line)).not.toContain('guess')
  })

  test("are logged at the Shoutcast port, except libshout's probe, which has no password", async () => {
    const before = lines().length
    expect(await exchange(shoutcastPort, 'guess\r\n')).toContain('invalid password')
    expect(await eventually(() => lines()[before])).toMatchObject({ door: 'shoutcast', path: '/sc.mp3' })
    expect(await exchange(shoutcastPort, '!POKE\nicy-name:libshout\n\n')).toContain('invalid password')
    await ask('GET /admin/stats HTTP/1.0\r\n')
    expect(lines()).toHaveLength(before + 1)
  })

  test('of a crowd on one address: the right ones of that very address come in', async () => {
    const crowd = Array.from({ length: 300 }, () => connectRaw(port))
    onTestFinished(() => {
      for (const { socket } of crowd) socket.destroy()
    })
    for (const { send } of crowd) send(`GET /admin/stats HTTP/1.0\r\n${wrong}\r\n`)
    const login = (user: 'admin' | 'source' | 'relay') => `Authorization: ${basic(user, secrets[user])}\r\n`
    expect(await ask(`GET /admin/stats HTTP/1.0\r\n${login('admin')}`)).toMatch(/^HTTP\/1\.0 200/)
    expect(await ask(`GET /admin/streamlist.txt HTTP/1.0\r\n${login('relay')}`)).toMatch(/^HTTP\/1\.0 200/)
    const source = connectRaw(port)
    source.send(`SOURCE /other.mp3 HTTP/1.0\r\n${login('source')}\r\n`)
    await source.until(/^HTTP\/1\.0 200/)
    source.socket.destroy()
    const listener = connectRaw(port)
    listener.send(`GET /members.mp3 HTTP/1.0\r\nAuthorization: ${basic('bob', 'geheim')}\r\n\r\n`)
    await listener.until(/^HTTP\/1\.0 200/)
    listener.socket.destroy()
    // a login that has not succeeded before waits for its turn, and nothing that it sends meanwhile is lost
    const own = connectRaw(port)
    own.send(`SOURCE /own.mp3 HTTP/1.0\r\nAuthorization: ${basic('source', 'its own')}\r\n\r\n`)
    const frames = Array.from({ length: 60 }, (_, i) => numbered.at(i))
    for (const frame of frames) own.send(frame)
    await own.until(/^HTTP\/1\.0 200/)
    const hears = connectRaw(port)
    await eventually(async () => (await ask('HEAD /own.mp3 HTTP/1.0\r\n')).startsWith('HTTP/1.0 200'))
    hears.send('GET /own.mp3 HTTP/1.0\r\n\r\n')
    const sent = Buffer.concat(frames).toString('latin1')
    await eventually(() => hears.received().endsWith(sent))
    for (const { socket } of [own, hears]) socket.destroy()
    await eventually(() => crowd.every(({ received }) => received().startsWith('HTTP/1.0 401')))
    expect(lines().length).toBeLessThan(60)
  })
})

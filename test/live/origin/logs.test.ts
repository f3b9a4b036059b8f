import { createHash } from 'node:crypto'
import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { type OriginRuntime, originRuntimes, secrets, startOrigin } from '../../kit/process/runtimes.ts'
import { listenWhenServed } from '../../kit/wire/listener.ts'
import { connectRaw, exchange } from '../../kit/wire/raw.ts'

const linesOf = (file: string) => readFileSync(file, 'utf8').split('\n').slice(0, -1)
const anyTime = /\d\d\/[A-Z][a-z]{2}\/\d{4}:\d\d:\d\d:\d\d [+-]\d{4}/g

interface Logging {
  program: Program
  port: number
  folder: string
  file: string
  log: (name: string) => string
}

/** An origin that logs to its own folder. */
async function startLogging(runtime: OriginRuntime, logging = '', logdir?: string): Promise<Logging> {
  const folder = testFolder()
  const file = join(folder, 'icecast.xml')
  const users = join(folder, 'users')
  const port = await freePort()
  writeFileSync(users, `bob:${createHash('md5').update('secret').digest('hex')}\n`)
  writeFileSync(
    file,
    `<icecast>
      <authentication>
        <source-password>${secrets.source}</source-password><admin-password>${secrets.admin}</admin-password>
      </authentication>
      <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket>
      <paths><logdir>${logdir ?? folder}</logdir></paths>
      <mount><mount-name>/members.mp3</mount-name>
        <authentication type="htpasswd"><option name="filename" value="${users}"/></authentication></mount>
      <logging><playlistlog>playlist.log</playlistlog>${logging}</logging>
    </icecast>`,
  )
  const program = start(runtime, [originProgram, '--config', file, '--grace', '1'])
  onTestFinished(() => program.stop())
  await program.line(/"ready"/)
  return { program, port, folder, file, log: (name) => join(folder, `${name}.log`) }
}

function play({ port }: Pick<Logging, 'port'>, mount = '/live.mp3') {
  const source = startSource({
    url: `http://127.0.0.1:${port}${mount}`,
    password: secrets.source,
    programme: numbered,
    headers: { 'User-Agent': 'enc/1' },
  })
  onTestFinished(() => source.close())
  return source
}

describe.for(originRuntimes)("Icecast's log files on %s", (runtime) => {
  test('access.log has a line for each request when its connection ends, without the query', async () => {
    const logging = await startLogging(runtime)
    const { port, log } = logging
    const source = play(logging, '/members.mp3')
    const listener = await listenWhenServed(`http://127.0.0.1:${port}/members.mp3?token=secret`, {
      headers: { 'User-Agent': 'pl"1', Referer: 'http://ref/', Authorization: basic('bob', 'secret') },
    })
    await eventually(() => listener.bytesHeard > 10_000)
    listener.close()
    await exchange(port, 'GET /admin/metadata?pass=secret HTTP/1.0\r\n\r\n')
    source.close()
    const lines = await eventually(() => {
      const written = linesOf(log('access')).filter((line) => !/" 40[14] .*"pl/.test(line))
      return written.length === 3 ? written : undefined
    })
    const lineOf = (method: string) =>
      lines.find((line) => line.includes(`"${method} `))?.replace(anyTime, 'TIME')
    expect(lineOf('GET /members.mp3')).toMatch(
      /^127\.0\.0\.1 - bob \[TIME\] "GET \/members\.mp3 HTTP\/1\.1" 200 \d{5,} "http:\/\/ref\/" "pl\\"1" \d+$/,
    )
    expect(lineOf('GET /admin/metadata')).toMatch(
      /^127\.0\.0\.1 - - \[TIME\] "GET \/admin\/metadata HTTP\/1\.0" 401 \d{3} "-" "-" \d+$/,
    )
    expect(lineOf('PUT')).toMatch(
      /^127\.0\.0\.1 - - \[TIME\] "PUT \/members\.mp3 HTTP\/1\.1" 200 \d\d "-" "enc\/1" \d+$/,
    )
    for (const name of ['access', 'error', 'playlist'])
      expect(readFileSync(log(name), 'utf8')).not.toContain('secret')
  })

  test("error.log and playlist.log have Icecast's format, with titles in UTF-8", async () => {
    const logging = await startLogging(runtime)
    play(logging)
    const { port, log, program } = logging
    const listener = await listenWhenServed(`http://127.0.0.1:${port}/live.mp3`)
    const update = await fetch(
      `http://127.0.0.1:${port}/admin/metadata?mount=/live.mp3&mode=updinfo&song=J%C3%BCrgen+-+a`,
      { headers: { Authorization: basic('admin', secrets.admin) } },
    )
    expect(update.status).toBe(200)
    await eventually(() => linesOf(log('playlist')).length === 1)
    expect(readFileSync(log('playlist'), 'utf8').replace(anyTime, 'TIME')).toBe(
      'TIME|/live.mp3|1|Jürgen - a\n',
    )
    listener.close()
    const errors = readFileSync(log('error'), 'utf8')
    expect(errors).toMatch(/^\[\d{4}-\d\d-\d\d {2}\d\d:\d\d:\d\d\] INFO distributary\/origin ready port=/)
    expect(errors).toMatch(
      /INFO distributary\/source source begins mount="\/live\.mp3" address="127\.0\.0\.1"/,
    )
    // the terminal shows that the server is ready; everything else is only in the file
    expect(program.output()).not.toContain('source begins')
  })

  test('SIGHUP: files renamed by logrotate are closed, and new files get the next lines', async () => {
    const { program, port, log } = await startLogging(runtime)
    const ask = (path: string) => exchange(port, `GET ${path} HTTP/1.0\r\n\r\n`)
    await ask('/before')
    await eventually(() => linesOf(log('access')).length === 1)
    renameSync(log('access'), `${log('access')}.1`)
    program.signal('SIGHUP')
    await program.line(/configuration read again/)
    await ask('/after')
    await eventually(() => linesOf(log('access')).length === 1)
    expect(readFileSync(log('access'), 'utf8')).toContain('/after')
    expect(linesOf(`${log('access')}.1`)).toHaveLength(1)
  })

  test('SIGTERM: no line is lost, also for clients connected until the end', async () => {
    const logging = await startLogging(runtime)
    play(logging)
    const { port, log, program } = logging
    await (await listenWhenServed(`http://127.0.0.1:${port}/live.mp3`)).close()
    const listeners = Array.from({ length: 200 }, () => connectRaw(port))
    onTestFinished(() => {
      for (const { socket } of listeners) socket.destroy()
    })
    for (const listener of listeners) listener.send('GET /live.mp3 HTTP/1.0\r\nUser-Agent: many\r\n\r\n')
    await Promise.all(listeners.map((listener) => listener.until(/200 OK/)))
    program.signal('SIGTERM')
    await program.exited
    expect(linesOf(log('access')).filter((line) => line.includes('"many"'))).toHaveLength(200)
  })

  test.each([
    ['cut', /^127\.0\.0\.0 - - /, /address="127\.0\.0\.0"/],
    ['hashed', /^[0-9a-f]{16} - - /, /address="[0-9a-f]{16}"/],
  ])('log-addresses: %s addresses stand in every file', async (how, access, error) => {
    const logging = await startLogging(runtime, `<log-addresses>${how}</log-addresses>`)
    const { port, log } = logging
    play(logging)
    await exchange(port, 'GET /nothing HTTP/1.0\r\n\r\n')
    await eventually(() => /source begins/.test(readFileSync(log('error'), 'utf8')))
    await eventually(() => linesOf(log('access')).length > 0)
    for (const line of linesOf(log('access'))) expect(line).toMatch(access)
    expect(readFileSync(log('error'), 'utf8')).toMatch(error)
    for (const name of ['access', 'error'])
      expect(readFileSync(log(name), 'utf8')).not.toContain('127.0.0.1 ')
  })

  test('a folder that cannot be written is reported, and its log lines go to stdout', async () => {
    const { program, port } = await startLogging(runtime, '', '/dev/null/logs')
    await program.line(/cannot open log file.*\/dev\/null\/logs\/access\.log.*ENOTDIR/)
    await exchange(port, 'GET /nothing HTTP/1.0\r\n\r\n')
    await program.line(/"logger":"distributary.access".*"path":"\/nothing"/)
  })

  test('- is stderr', async () => {
    const { program, port } = await startLogging(runtime, '<accesslog>-</accesslog><errorlog>-</errorlog>')
    await program.line(/\] INFO distributary\/origin ready/)
    await exchange(port, 'GET /nothing HTTP/1.0\r\n\r\n')
    await program.line(/"GET \/nothing HTTP\/1\.0" 404 /)
  })

  test('without a file, each request is a JSON object on stdout', async () => {
    const origin = await startOrigin(runtime)
    onTestFinished(() => origin.stop())
    await exchange(origin.port, 'GET /nothing?pass=secret HTTP/1.0\r\nUser-Agent: a\r\n\r\n')
    const [line] = await origin.program.line(/.*"path":"\/nothing".*/)
    expect(JSON.parse(line)).toMatchObject({
      level: 'INFO',
      logger: 'distributary.access',
      address: '127.0.0.1',
      method: 'GET',
      agent: 'a',
      status: 404,
      seconds: 0,
    })
    expect(line).not.toContain('secret')
  })
})

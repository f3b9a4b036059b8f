import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { basic, numbered, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { testFolder } from '../../kit/process/files.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { originProgram } from '../../kit/process/programs.ts'
import { originRuntimes, secrets, startEdge, startOrigin } from '../../kit/process/runtimes.ts'
import { listen, listenWhenServed } from '../../kit/wire/listener.ts'

describe.for(originRuntimes)('an origin on %s', (runtime) => {
  test('port 0: the line that says it is ready names the port, and the public URL contains it', async () => {
    const program = start(runtime, [originProgram, '--port', '0', '--bind', '127.0.0.1'])
    onTestFinished(() => program.stop())
    const [line] = await program.line(/.*"ready".*/)
    const { port, urls, id } = JSON.parse(line) as { port: number; urls: string[]; id: string }
    expect(port).toBeGreaterThan(0)
    expect(urls).toEqual([`http://localhost:${port}`])
    expect(id).toBe(`localhost:${port}`)
    expect((await fetch(`http://127.0.0.1:${port}/status-json.xsl`)).status).toBe(200)
  })

  test('--check validates the configuration and does not start', async () => {
    const good = start(runtime, [originProgram, '--check', '--port', '8010'])
    expect((await good.exited).code).toBe(0)
    const bad = start(runtime, [originProgram, '--check', '--max-listeners', 'many'])
    expect((await bad.exited).code).toBe(1)
    expect(bad.output()).toContain('--max-listeners is "many", expected an integer from 0 to 1000000')
  })

  test('a port in use stops the start, and is reported', async () => {
    const first = await startOrigin(runtime)
    onTestFinished(() => first.stop())
    const second = start(runtime, [originProgram, '--port', String(first.port), '--bind', '127.0.0.1'])
    expect((await second.exited).code).toBe(1)
    expect(second.output()).toMatch(
      new RegExp(`cannot listen on \\S+:${first.port}: address already in use.*--port`),
    )
  })

  test('SIGTERM: says leaving, sends new listeners back to the edge, lets the present ones hear on, exits 0', async () => {
    const edge = await startEdge('node')
    const reporting = ['--update-interval', '2']
    const toEdge = ['--edge', edge.url, '--edge-password', secrets.relay, ...reporting]
    const master = await startOrigin(runtime, toEdge)
    const slave = await startOrigin(runtime, ['--master', edge.url, '--grace', '3', ...reporting])
    const source = startSource({
      url: `${master.url}/live.mp3`,
      password: secrets.source,
      programme: numbered,
    })
    onTestFinished(async () => {
      source.close()
      await Promise.all([edge.stop(), master.stop(), slave.stop()])
    })
    const url = `${slave.url}/live.mp3`
    const listener = await listenWhenServed(url, { redirectsMax: 0 })
    const stateOf = async () => {
      const answer = await fetch(`${edge.url}/api/servers`, {
        headers: { Authorization: basic('admin', secrets.admin) },
      })
      const servers = (await answer.json()) as { urls: string[]; out: string | null }[]
      return servers.find(({ urls }) => urls.includes(slave.url))
    }
    await eventually(async () => (await stateOf())?.out === null)
    slave.program.signal('SIGTERM')
    await eventually(async () => (await stateOf())?.out === 'leaving')
    const heard = listener.bytesHeard
    const late = await listen(`${url}?a=1`, { redirectsMax: 0 })
    expect(late.status).toBe(302)
    const back = new URL(late.headers.get('location') ?? '')
    expect(back.origin).toBe(edge.url)
    expect([...back.searchParams.keys()]).toEqual(['a', 'x'])
    await eventually(() => listener.bytesHeard > heard)
    expect(listener.isClosed).toBe(false)
    expect(await slave.program.exited).toEqual({ code: 0, signal: null })
    await eventually(() => listener.isClosed)
  })

  test('SIGHUP reads the file again; a bad one keeps the old settings and the error is logged', async () => {
    const file = join(testFolder(), 'icecast.xml')
    const port = await freePort()
    const write = (maxListeners: string) =>
      writeFileSync(
        file,
        `<icecast><limits><max-listeners>${maxListeners}</max-listeners></limits>
         <listen-socket><port>${port}</port><bind-address>127.0.0.1</bind-address></listen-socket></icecast>`,
      )
    write('0')
    const program = start(runtime, [originProgram, '--config', file, '--source-password', secrets.source])
    onTestFinished(() => program.stop())
    await program.line(/"ready"/)
    const url = `http://127.0.0.1:${port}/live.mp3`
    const source = startSource({ url, password: secrets.source, programme: numbered })
    onTestFinished(() => source.close())
    await eventually(async () => (await listen(url)).status === 403)
    write('5')
    program.signal('SIGHUP')
    await program.line(/configuration read again/)
    const listener = await listen(url)
    expect(listener.status).toBe(200)
    write('many')
    program.signal('SIGHUP')
    await program.line(/configuration not read again.*max-listeners.*many.*expected an integer/)
    const another = await listen(url)
    expect(another.status).toBe(200)
    for (const each of [listener, another]) each.close()
  })
})

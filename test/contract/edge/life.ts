import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import type { ClusterJson } from '../../../shared/api/cluster-json.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { basic } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { writeMmdb } from '../../kit/base/mmdb.ts'
import { clientOf } from '../../kit/cluster/edge-client.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { type Program, start } from '../../kit/process/process.ts'
import { edgeProgram } from '../../kit/process/programs.ts'
import { type EdgeRuntime, type Server, secrets, startEdge } from '../../kit/process/runtimes.ts'

type ProcessRuntime = Exclude<EdgeRuntime, 'workers'>

const passwords = { RELAY_PASSWORD: secrets.relay, ADMIN_PASSWORD: secrets.admin }

/** How an edge process starts, is killed, restarts and ends (docs/protocol.md#storage). */
export function lifeContract(runtime: ProcessRuntime): void {
  const running: (Program | Server)[] = []
  const folders: string[] = []
  afterEach(async () => {
    await Promise.all(running.splice(0).map((each) => each.stop()))
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true })
  })
  const edgeWith = async (env: Record<string, string>) => {
    const edge = await startEdge(runtime, env)
    running.push(edge)
    return edge
  }
  const folder = () => {
    const path = mkdtempSync(join(tmpdir(), 'edge-'))
    folders.push(path)
    return path
  }
  const program = (env: Record<string, string>) => {
    const args = runtime === 'deno' ? ['run', '-A', edgeProgram] : [edgeProgram]
    const started = start(runtime, args, { env: { DATA_DIR: ':memory:', PORT: '0', ...env } })
    running.push(started)
    return started
  }

  describe(`the life of an edge on ${runtime}`, () => {
    test.each([
      ['without passwords', {}, /RELAY_PASSWORD is not set[\s\S]*ADMIN_PASSWORD is not set/],
      [
        'with a bad PORT',
        { ...passwords, PORT: '65536' },
        /PORT is "65536", expected an integer from 0 to 65535/,
      ],
      [
        'with an http last resort and HTTPS_ONLY',
        { ...passwords, HTTPS_ONLY: '1', LAST_RESORT_URL: 'http://a.example/' },
        /LAST_RESORT_URL is "http:\/\/a.example\/", expected an https URL, since HTTPS_ONLY is 1/,
      ],
      ['with a bad flag', { ...passwords, HTTPS_ONLY: 'yes' }, /HTTPS_ONLY is "yes", expected 0 or 1/],
      ['if it cannot write', { ...passwords, DATA_DIR: '/dev/null/x' }, /DATA_DIR "\/dev\/null\/x"/],
      ['if no folder can be created', { ...passwords, DATA_DIR: '/proc/x/y' }, /DATA_DIR "\/proc\/x\/y"/],
    ] as [string, Record<string, string>, RegExp][])(
      'refuses to start %s, and says why',
      async (_, env, said) => {
        const edge = program({ RELAY_PASSWORD: '', ADMIN_PASSWORD: '', ...env })
        expect(await edge.exited).toMatchObject({ code: 1 })
        expect(edge.output()).toMatch(said)
      },
    )

    test('binds IPv4 and IPv6 at a free port, and logs which', async () => {
      const [, port] = await program(passwords).line(/"port":(\d+)/)
      for (const host of ['127.0.0.1', '[::1]'])
        expect((await fetch(`http://${host}:${port}/healthz`)).status, host).toBe(200)
    })

    test('at a port that another program has, it says so, and what to set', async () => {
      const other = createServer().listen(0, '::')
      await once(other, 'listening')
      const { port } = other.address() as AddressInfo
      const second = program({ ...passwords, PORT: String(port) })
      expect((await second.exited).code).toBe(1)
      expect(second.output()).toContain(
        `cannot listen on [::]:${port}: address already in use; set HOST and PORT`,
      )
      other.close()
    })

    test('configured with https, it tells servers and http listeners the http address that they used', async () => {
      const edge = await edgeWith({ PUBLIC_URL: 'https://127.0.0.1:8443' })
      const client = clientOf(edge.url)
      const report = await client.report(reportOf('schemes', { mounts: [mountReport('/schemes.mp3')] }))
      const lines = (await report.text()).split('\n').filter((line) => line.startsWith('edge '))
      expect(lines).toEqual(['edge https://127.0.0.1:8443', `edge ${edge.url}`])
      const playlist = await (await client.ask('/schemes.mp3.m3u')).text()
      expect(playlist.split('\r\n')[0]).toBe(`${edge.url}/schemes.mp3`)
    })

    test('S10: killed amid reports, it answers its first request after the restart with a 302', async () => {
      const env = { DATA_DIR: folder() }
      const first = await edgeWith(env)
      const client = clientOf(first.url)
      const mounts = [mountReport('/kept.mp3')]
      const answered = new Set<string>()
      const reporting = Array.from({ length: 8 }, async (_, sender) => {
        for (let seq = 0; ; seq++) {
          const id = `kept-${sender}-${seq % 5}`
          const answer = await client.report(reportOf(id, { boot: 'b', seq, mounts }))
          if (answer.status === 200) answered.add(id)
        }
      })
      await eventually(() => answered.size === 40)
      await client.asAdmin('/api/servers/kept-0-0/drain', 'POST')
      first.program.kill('SIGKILL')
      await Promise.allSettled(reporting) // each ends at its first report that is not accepted
      expect(await first.program.exited).toMatchObject({ signal: 'SIGKILL' })

      const second = program({ ...passwords, ...env })
      const [, port] = await second.line(/"port":(\d+)/)
      const again = clientOf(`http://127.0.0.1:${port}`)
      expect((await again.ask('/kept.mp3')).status).toBe(302)
      const servers = await again.servers()
      expect(servers.map(({ id }) => id)).toEqual(expect.arrayContaining([...answered]))
      expect(servers.find(({ id }) => id === 'kept-0-0')).toMatchObject({ out: 'drained' })
      const old = await again.report(reportOf('kept-1-1', { boot: 'b', seq: 0, mounts }))
      expect(old.status, 'the order of reports is kept too').toBe(409)
    })

    test('S10: cut off from all reports, it goes on by the last ones, and says so, until reports come again', async () => {
      const client = clientOf((await edgeWith({})).url)
      const report = (id: string, interval = 1) =>
        client.report(reportOf(id, { interval, mounts: [mountReport('/silent.mp3')] }))
      const heldCount = async () =>
        Number(
          /^distributary_servers_held (\d+)$/m.exec(await (await client.asAdmin('/metrics')).text())?.[1],
        )
      for (const id of ['first', 'second']) await report(id)
      await eventually(async () => (await heldCount()) === 2)
      expect((await client.ask('/silent.mp3')).status).toBe(302)
      const { events } = (await (await client.asAdmin('/api/cluster')).json()) as ClusterJson
      expect(events.map(({ kind }) => kind)).toContain('no reports')
      await report('first', 3600)
      await eventually(async () => (await client.server('second'))?.out === 'stale')
      expect((await client.ask('/silent.mp3')).headers.get('Location')).toContain('first')
    })

    test('SIGTERM ends it with exit code 0 while connections are idle', async () => {
      const edge = await edgeWith({ DATA_DIR: folder() })
      await clientOf(edge.url).report(reportOf('any')) // leaves a kept connection behind
      const silent = connect(edge.port, '127.0.0.1')
      silent.on('error', () => {})
      edge.program.signal('SIGTERM')
      expect(await edge.program.exited).toEqual({ code: 0, signal: null })
      silent.destroy()
    })

    test('SIGHUP reads GEO_DB again; if it cannot be read, the edge goes on with the old data', async () => {
      const geo = join(folder(), 'geo.mmdb')
      writeFileSync(geo, writeMmdb({ '192.0.2.0/24': { location: { latitude: 52.5, longitude: 13.4 } } }))
      const { url, program } = await edgeWith({ GEO_DB: geo })
      writeFileSync(geo, 'garbage')
      program.signal('SIGHUP')
      await program.line(
        /GEO_DB not read again: old data stay in use.*cannot read GEO_DB .*geo\.mmdb.*; name a database/,
      )
      writeFileSync(geo, writeMmdb({ '192.0.2.0/24': { country: { iso_code: 'DE' } } }))
      program.signal('SIGHUP')
      await program.line(/GEO_DB read again/)
      expect((await fetch(`${url}/healthz`)).status).toBe(200)
    })

    test('trusts X-Forwarded-Proto from a trusted proxy, and sends https listeners to https servers', async () => {
      const report = reportOf('both', { urls: ['http://both.example.org:8000', 'https://both.example.org'] })
      const https = { method: 'HEAD', headers: { 'X-Forwarded-Proto': 'https' } }
      const location = async (env: Record<string, string>) => {
        const client = clientOf((await edgeWith(env)).url)
        await client.report(report)
        return (await client.ask('/live.mp3', https)).headers.get('location')
      }
      expect(await location({ TRUSTED_PROXIES: '127.0.0.0/8' })).toBe('https://both.example.org/live.mp3')
      expect(await location({})).toBe('http://both.example.org:8000/live.mp3')
    })

    test('rejects a loopback url in a report from another machine', async () => {
      const { url } = await edgeWith({ TRUSTED_PROXIES: '127.0.0.1, ::1' })
      const post = (sourcelist: string) =>
        fetch(`${url}/admin/sourcelist.txt`, {
          method: 'POST',
          headers: {
            Authorization: basic('relay', secrets.relay),
            'Content-Type': 'text/plain',
            'X-Forwarded-For': '192.0.2.7',
          },
          body: sourcelist,
        })
      const answer = await post(
        printSourcelist(reportOf('near', { urls: ['http://ok.example', 'http://[::1]:1'] })),
      )
      expect(answer.status).toBe(400)
      expect(await answer.text()).toMatch(
        /^line 5: url is http:\/\/\[::1\]:1, but the report came from 192\.0\.2\.7/,
      )
      expect(await clientOf(url).servers()).toEqual([])
    })

    test('LAST_RESORT_URL gets the listeners that no server has room for', async () => {
      const { url } = await edgeWith({ LAST_RESORT_URL: 'https://last.example.org/base/', HTTPS_ONLY: '1' })
      const client = clientOf(url)
      await client.report(reportOf('full', { listeners: 100 }))
      const response = await client.ask('/live.mp3?a=1')
      expect(response.status).toBe(302)
      expect(response.headers.get('location')).toBe('https://last.example.org/base/live.mp3?a=1')
      expect((await client.ask('/unknown.mp3')).status).toBe(404)
    })
  })
}

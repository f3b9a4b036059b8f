import { readFileSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest'
import { basic } from '../../kit/audio/source.ts'
import { eventually, longPatienceMs } from '../../kit/base/eventually.ts'
import { clientOf, type EdgeClient } from '../../kit/cluster/edge-client.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { cpuTicks, residentKib } from '../../kit/process/process-use.ts'
import { edgeProgram } from '../../kit/process/programs.ts'
import { type EdgeRuntime, secrets } from '../../kit/process/runtimes.ts'

const auth = `Authorization: ${basic('relay', secrets.relay)}\r\n`
const reportHead = `POST /admin/sourcelist.txt HTTP/1.1\r\nHost: a\r\n${auth}Content-Type: text/plain\r\n`
/** descriptors that the edge has, and connections that need one each */
const descriptors = 200
const crowd = 300

/** A client's connection. */
interface Caller {
  socket: Socket
  text: () => string
  closed: () => boolean
}

/**
 * Attacks on an edge that has few descriptors: clients that are silent, send slowly, or read nothing. One suite for every
 * runtime, since the bounds are the same.
 */
export function boundsContract(runtime: Exclude<EdgeRuntime, 'workers'>): void {
  describe(`the edge on ${runtime} with ${descriptors} descriptors`, () => {
    let port = 0
    let pid = 0
    let stop = async () => {}
    let client: EdgeClient
    beforeAll(async () => {
      port = await freePort()
      const run = runtime === 'deno' ? 'deno run -A' : runtime
      const program = start('bash', ['-c', `ulimit -n ${descriptors}; exec ${run} ${edgeProgram}`], {
        env: {
          RELAY_PASSWORD: secrets.relay,
          ADMIN_PASSWORD: secrets.admin,
          DATA_DIR: ':memory:',
          HOST: '127.0.0.1',
          PORT: String(port),
        },
      })
      stop = () => program.stop()
      await program.line(/"ready"/)
      pid = program.pid
      client = clientOf(`http://127.0.0.1:${port}`)
    })
    afterAll(() => stop())

    /** @param afterwards of the test itself, where it runs beside others */
    const call = (first: string, afterwards = onTestFinished): Caller => {
      const socket = connect({ port, host: '127.0.0.1', allowHalfOpen: true })
      let text = ''
      let closed = false
      socket
        .on('error', () => {})
        .on('end', () => {
          closed = true
          socket.end()
        })
        .on('close', () => {
          closed = true
        })
        .on('data', (bytes) => {
          text += bytes.toString('latin1')
        })
      if (first !== '') socket.write(first, 'latin1')
      afterwards(() => void socket.destroy())
      return { socket, text: () => text, closed: () => closed }
    }
    const answers = async () =>
      (await fetch(`${client.url}/healthz`, { headers: { Connection: 'close' } })).ok
    const open = () => readFileSync(`/proc/${pid}/status`, 'utf8').length > 0

    test.each([
      ['say nothing', ''],
      ['send half a head', 'GET /live.mp3 HTTP/1.1\r\nHost: a\r\n'],
      ['send half a report', `${reportHead}Content-Length: 1000\r\n\r\nid: half\n`],
      ['send an unexpected body', 'PUT /live.mp3 HTTP/1.1\r\nContent-Length: 1000\r\n\r\nabc'],
      ['stay after a redirect that they got', 'GET /bounds.mp3 HTTP/1.1\r\nHost: a\r\n\r\n'],
    ])('answers though 300 connections %s', async (_, first) => {
      await client.report(reportOf('bounds', { mounts: [mountReport('/bounds.mp3')] }))
      const callers = Array.from({ length: crowd }, () => call(first))
      await eventually(() => callers.every(({ socket }) => !socket.connecting))
      await eventually(answers)
      expect(open()).toBe(true)
      for (const { socket } of callers) socket.destroy()
      await eventually(answers)
    })

    // these wait for half a minute at most, together
    test.concurrent('closes a silent connection, before its first request and after one', async ({
      onTestFinished,
    }) => {
      const callers = ['', 'GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'].map((first) =>
        call(first, onTestFinished),
      )
      await eventually(() => callers.every(({ closed }) => closed()))
    })

    test.concurrent('answers 408 to a head that trickles in, and closes', async ({ onTestFinished }) => {
      const caller = call('G', onTestFinished)
      const trickle = setInterval(() => caller.socket.write('E'), 500)
      onTestFinished(() => clearInterval(trickle))
      await eventually(() => caller.text().startsWith('HTTP/1.1 408 ') && caller.closed())
    })

    test.concurrent('answers 408 to a report that trickles in, and closes', async ({ onTestFinished }) => {
      const caller = call(`${reportHead}Transfer-Encoding: chunked\r\n\r\n`, onTestFinished)
      const trickle = setInterval(() => caller.socket.write('1\r\n#\r\n'), 500)
      onTestFinished(() => clearInterval(trickle))
      await eventually(() => caller.text().startsWith('HTTP/1.1 408 ') && caller.closed(), {
        withinMs: longPatienceMs,
      })
    })

    test.concurrent('cuts off a source that goes on streaming after it was rejected', async ({
      onTestFinished,
    }) => {
      const caller = call(
        'PUT /live.mp3 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n',
        onTestFinished,
      )
      const streaming = setInterval(() => caller.socket.write('4\r\nbeat\r\n'), 50)
      onTestFinished(() => clearInterval(streaming))
      await eventually(() => caller.socket.destroyed || caller.socket.errored !== null)
      expect(caller.text()).toMatch(/^HTTP\/1\.1 405 /)
    })

    test('reads a report that arrives byte by byte, and uses no more memory for it than its size', async () => {
      const body = `url: http://pieces.example.org\ninterval: 300\nlisteners: 0\nmounts: 0\n#${'x'.repeat(60_000)}: 1\n\n`
      const before = residentKib(pid)
      const caller = call(`${reportHead}Connection: close\r\nTransfer-Encoding: chunked\r\n\r\n`)
      for (const char of body) caller.socket.write(`1\r\n${char}\r\n`)
      caller.socket.write('0\r\n\r\n')
      await eventually(() => caller.text().startsWith('HTTP/1.1 '))
      expect(caller.text()).toMatch(/^HTTP\/1\.1 (200|400) /)
      // 47 KiB for each byte would be 2.8 GB
      expect(residentKib(pid) - before).toBeLessThan(200 * 1024)
    })

    test('drops clients that read nothing of a large answer, and answers others meanwhile', async () => {
      const mounts = Array.from({ length: 5000 }, (_, i) => mountReport(`/large-${'x'.repeat(80)}-${i}.mp3`))
      expect((await client.report(reportOf('large', { mounts }))).status).toBe(200)
      const callers = Array.from({ length: 100 }, () => {
        const socket = connect({ port, host: '127.0.0.1' })
        socket.on('error', () => {}).pause()
        socket.write('GET /status-json.xsl HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(4))
        onTestFinished(() => void socket.destroy())
        return socket
      })
      await eventually(() => callers.every(({ connecting }) => !connecting))
      await eventually(answers)
      // all memory is freed except what the systems at both ends buffer
      await eventually(() => residentKib(pid) < 700 * 1024)
      await client.asAdmin('/api/servers/large', 'DELETE')
    })

    test('does not spin or exit when the system runs out of descriptors, and recovers once it has some', async () => {
      const { status } = await prlimit(pid, 20)
      expect(status).toBe(0)
      const callers = Array.from({ length: 50 }, () => call(''))
      await eventually(() => callers.every(({ socket }) => !socket.connecting))
      await prlimit(pid, descriptors)
      for (const { socket } of callers) socket.destroy()
      await eventually(answers)
      const before = cpuTicks(pid)
      await new Promise((later) => setTimeout(later, 1000))
      expect(cpuTicks(pid) - before, 'of 100 in a second').toBeLessThan(60)
    })
  })
}

async function prlimit(pid: number, files: number): Promise<{ status: number | null }> {
  const { spawnSync } = await import('node:child_process')
  return spawnSync('prlimit', ['--pid', String(pid), `--nofile=${files}:${descriptors}`])
}

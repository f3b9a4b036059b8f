import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { eventually } from '../../kit/base/eventually.ts'
import { freePort } from '../../kit/process/ports.ts'
import { start } from '../../kit/process/process.ts'
import { workerdConfig } from '../../kit/process/workerd.ts'
import type { Running } from './controls.ts'
import type { Plan } from './plan.ts'
import { pin, usageOf } from './processes.ts'
import { fixed, median, type Table, whole } from './table.ts'

/** the processor that workerd is pinned to */
const cpu = 0
const serverCounts = [1000, 10_000]
/** isolates that redirect listeners, and s between two refreshes of one: a flush and half its jitter */
const [isolates, refreshSeconds] = [300, 2.25]
/** s between two reports of a server */
const interval = 10

/** workerd itself, as Cloudflare runs it, with the objects and a worker that calls them. */
async function startWorkerd(): Promise<Running> {
  const folder = mkdtempSync(join(tmpdir(), 'workerd-'))
  const port = await freePort()
  const vars = { RELAY_PASSWORD: 'r', ADMIN_PASSWORD: 'a', PROBE: '0' }
  const config = await workerdConfig(folder, 'test/workers/load.ts', `127.0.0.1:${port}`, vars)
  const program = start('workerd', ['serve', config])
  const url = `http://127.0.0.1:${port}`
  await eventually(async () => (await fetch(`${url}/ready`)).ok)
  pin(program.pid, cpu)
  const leaving = new AbortController()
  fetch(`${url}/stay`, { signal: leaving.signal }).catch(() => {})
  return {
    url,
    group: program.pid,
    async stop() {
      leaving.abort()
      await program.stop()
      rmSync(folder, { recursive: true })
    },
  }
}

interface Taken {
  /** µs of processor time for each */
  micros: number
  bytes: number
}

/** Has the worker make `count` calls, or calls for so many reports. */
async function take({ url, group }: Running, what: string, count: number, query: string): Promise<Taken> {
  const before = usageOf(group).cpuSeconds
  const answer = await fetch(`${url}/${what}?count=${count}&${query}`)
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${what}: ${answer.status} ${text}`)
  return {
    micros: ((usageOf(group).cpuSeconds - before) * 1e6) / count,
    bytes: Number(text) / count,
  }
}

async function measure(running: Running, servers: number, rounds: number): Promise<string[]> {
  const of = `servers=${servers}`
  await take(running, 'gathered', servers, `from=0&${of}`)
  const first = await take(running, 'refreshes', isolates, `from=0&${of}`)
  const taken = { alone: [] as Taken[], gathered: [] as Taken[], refreshes: [] as Taken[] }
  const changed = Math.round((servers * refreshSeconds) / interval / 20) * 20
  for (let round = 0; round < rounds; round++) {
    // the reports between two refreshes of one isolate, and then all isolates
    taken.gathered.push(await take(running, 'gathered', changed, `from=${round * changed}&${of}`))
    taken.refreshes.push(await take(running, 'refreshes', isolates, `from=0&${of}`))
    taken.alone.push(await take(running, 'reports', 500, `from=${round * 500}&${of}`))
  }
  const middle = (all: readonly Taken[]) => median(all.map(({ micros }) => micros))
  const [alone, gathered, refresh] = [middle(taken.alone), middle(taken.gathered), middle(taken.refreshes)]
  const perSecond = servers / interval
  const report = perSecond > 150 ? gathered : alone
  const core = (report * perSecond + (refresh * isolates) / refreshSeconds) / 1e6
  return [
    `${whole(servers)} servers`,
    whole(alone),
    whole(gathered),
    whole(refresh),
    fixed(median(taken.refreshes.map(({ bytes }) => bytes)) / 1000, 0),
    fixed(first.micros / 1000, 1),
    fixed(first.bytes / 1e6, 1),
    fixed(100 * core, 0),
  ]
}

/** What the objects of a cluster on Workers cost: processor time of workerd, that of the calling worker included. */
export async function benchWorkers({ rounds }: Plan): Promise<Table> {
  const rows: string[][] = []
  for (const servers of serverCounts) {
    const running = await startWorkerd()
    try {
      rows.push(await measure(running, servers, rounds))
    } finally {
      await running.stop()
    }
  }
  return {
    title: 'Workers',
    note: `Servers with 10 mounts that report every ${interval} s, ${isolates} isolates that refresh every ${refreshSeconds} s; workerd with its store on disk. µs of processor time for each call, its caller's included. The last column is the share of a core for all of it.`,
    columns: [
      '',
      'report alone, µs',
      'gathered, µs',
      'refresh, µs',
      'its kB',
      'first snapshot, ms',
      'its MB',
      '% of a core',
    ],
    rows,
  }
}

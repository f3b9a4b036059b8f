import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { mountReport } from '../../kit/parts/reports.ts'
import { Asking } from './asking.ts'
import { benchReport, relayLogin, startBenchEdge } from './cluster.ts'
import { type Running, startBareHono } from './controls.ts'
import type { Plan } from './plan.ts'
import { pin, pinProcess, usageOf } from './processes.ts'
import { median, type Table, whole } from './table.ts'

/** servers, their mounts, and reports a second of all together */
const loads = [0, 200, 400].map((perSecond) => ({ servers: 200, mounts: 200, perSecond }))
/** different reports that are made of each server before the load: they are printed once, not as listeners are timed */
const reportsOfEach = 4
/** share of a report's mounts whose listeners have changed since the one before */
const changing = 0.2
/** listeners a second whose redirect is timed: too few to load the edge themselves */
const joinsPerSecond = 250
/** servers that report at the same time before the load begins */
const registeredAtOnce = 8
/** the processor that an edge is pinned to, and the one of this program */
const [cpu, ownCpu] = [0, 1]

/** How long listeners wait for a redirect while reports come in. */
interface Waited {
  p50: number
  p99: number
  most: number
  cpuShare: number
}

/** The time of a redirect, and the processor time in all, while servers report many mounts. */
export async function benchBeside({ rounds, seconds, runtimes }: Plan): Promise<Table> {
  const rows: string[][] = []
  pinProcess(process.pid, ownCpu)
  for (const runtime of runtimes)
    for (const load of loads) {
      // an app that only reads the same reports: what its listeners wait is the machine's, the runtime's and this program's
      const bare = await startBareHono(runtime)
      rows.push(
        await rowOf(`empty Hono on ${runtime}`, bare, load, rounds, seconds).finally(() => bare.stop()),
      )
      const edge = await startBenchEdge(runtime, { LOG_LEVEL: 'warning' })
      rows.push(await rowOf(`edge on ${runtime}`, edge, load, rounds, seconds).finally(() => edge.stop()))
    }
  return {
    title: 'Redirects beside reports',
    note: `${joinsPerSecond} redirects a second, while servers report their mounts, of which ${changing * 100} % have other listeners than before; edge and load on a processor each; kept in SQLite in memory; ${rounds} rounds of ${seconds} s, medians. CPU is the share of a core. An empty Hono app that reads the same reports, and only that, shows what the machine adds.`,
    columns: ['', 'servers', 'mounts', 'reports/s', 'p50 ms', 'p99 ms', 'most ms', 'CPU'],
    rows,
  }
}

type Load = (typeof loads)[number]

async function rowOf(
  name: string,
  running: Running,
  load: Load,
  rounds: number,
  seconds: number,
): Promise<string[]> {
  pin(running.group, cpu)
  const reports = reportsOf(load)
  const asking = new Asking(running.url)
  // they are there before a listener comes, also where none reports again
  await register(asking, reports.slice(0, load.servers))
  const all: Waited[] = []
  // the first round is an extra one to warm up, and does not count
  for (let round = 0; round <= rounds; round++) {
    const waited = await measure(running, asking, reports, load, seconds)
    if (round > 0) all.push(waited)
  }
  asking.end()
  const of = (value: (waited: Waited) => number) => median(all.map(value))
  return [
    name,
    whole(load.servers),
    whole(load.mounts),
    whole(load.perSecond),
    ...[of((each) => each.p50), of((each) => each.p99), of((each) => each.most)].map((ms) => ms.toFixed(2)),
    of((each) => each.cpuShare).toFixed(2),
  ]
}

/** Sends these reports, some at a time. */
async function register(asking: Asking, reports: readonly Buffer[]): Promise<void> {
  let next = 0
  const post = async () => {
    for (let report = reports[next++]; report; report = reports[next++]) await sent(asking, report, 200)
  }
  await Promise.all(Array.from({ length: registeredAtOnce }, post))
}

const sent = (asking: Asking, request: Buffer, expected: number): Promise<number> =>
  new Promise((resolve, reject) => {
    asking.ask(request, (status, ms) => {
      if (status === expected) resolve(ms)
      else reject(new Error(`answered ${status}, expected ${expected}`))
    })
  })

async function measure(
  running: Running,
  asking: Asking,
  reports: readonly Buffer[],
  load: Load,
  seconds: number,
): Promise<Waited> {
  const waits: number[] = []
  const pending: Promise<unknown>[] = []
  const before = usageOf(running.group).cpuSeconds
  const begunMs = performance.now()
  const pace = (perSecond: number, act: (n: number) => Promise<unknown>) => {
    let done = 0
    return setInterval(() => {
      const due = ((performance.now() - begunMs) / 1000) * perSecond
      while (done < due) pending.push(act(done++))
    }, 1)
  }
  const timers = [
    pace(joinsPerSecond, async (n) => waits.push(await sent(asking, listenerOf(n % load.mounts), 302))),
    pace(load.perSecond, (n) => sent(asking, reports[n % reports.length] ?? Buffer.alloc(0), 200)),
  ]
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  for (const timer of timers) clearInterval(timer)
  await Promise.all(pending)
  const cpuShare = (usageOf(running.group).cpuSeconds - before) / ((performance.now() - begunMs) / 1000)
  waits.sort((a, b) => a - b)
  const at = (share: number) => waits[Math.floor(share * (waits.length - 1))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), most: at(1), cpuShare }
}

const hostLine = 'Host: radio.example.org\r\n'

const listenerOf = (mount: number): Buffer =>
  Buffer.from(`GET /mount${mount}.mp3 HTTP/1.1\r\n${hostLine}User-Agent: VLC/3.0.20 LibVLC/3.0.20\r\n\r\n`)

/** The reports of servers in turn, round after round; each differs from the one before of its server in {@link changing} of its mounts. */
function reportsOf({ servers, mounts }: Load): Buffer[] {
  const made: Buffer[] = []
  for (let round = 0; round < reportsOfEach; round++)
    for (let server = 0; server < servers; server++) {
      const listeners = Array.from({ length: mounts }, () => 1)
      for (let i = 0; i < mounts * changing; i++)
        listeners[(server * 7 + i * 3) % mounts] = 1 + ((server + i + 13 * round) % 50)
      const lines = listeners.map((count, i) => mountReport(`/mount${i}.mp3`, { listeners: count, joins: 0 }))
      const total = listeners.reduce((a, b) => a + b)
      made.push(postOf(printSourcelist(benchReport(server, servers, { mounts: lines, listeners: total }))))
    }
  return made
}

const postOf = (body: string): Buffer =>
  Buffer.from(
    [
      'POST /admin/sourcelist.txt HTTP/1.1',
      `${hostLine}Authorization: ${relayLogin}`,
      'Content-Type: text/plain; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      '',
      body,
    ].join('\r\n'),
  )

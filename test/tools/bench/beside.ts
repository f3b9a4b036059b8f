import { Agent, request } from 'node:http'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { mountReport } from '../../kit/reports.ts'
import { benchReport, relayLogin, startBenchEdge } from './cluster.ts'
import { type Running, startBareHono } from './controls.ts'
import type { Plan } from './plan.ts'
import { pin, usageOf } from './processes.ts'
import { median, type Table, whole } from './table.ts'

/** servers, their mounts, and reports a second of all together */
const loads = [0, 200, 400].map((perSecond) => ({ servers: 200, mounts: 200, perSecond }))
/** an empty Hono app gets the same listeners and no reports: what it waits is the machine's, the runtime's and this program's */
const control = { servers: 0, mounts: 200, perSecond: 0 }
/** different reports that are made of each server before the load: they are printed once, not as listeners are timed */
const reportsOfEach = 4
/** share of a report's mounts whose listeners have changed */
const changing = 0.2
/** listeners a second whose redirect is timed: too few to load the edge themselves */
const joinsPerSecond = 250
/** the processor that an edge is pinned to; this program has another */
const cpu = 0

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
  for (const runtime of runtimes) {
    const bare = await startBareHono(runtime)
    rows.push(
      await rowOf(`empty Hono on ${runtime}`, bare, control, rounds, seconds).finally(() => bare.stop()),
    )
    for (const load of loads) {
      const edge = await startBenchEdge(runtime, { LOG_LEVEL: 'warning' })
      // they are there before a listener comes, also where none reports again
      await registered(edge, load)
      rows.push(await rowOf(`edge on ${runtime}`, edge, load, rounds, seconds).finally(() => edge.stop()))
    }
  }
  return {
    title: 'Redirects beside reports',
    note: `${joinsPerSecond} redirects a second, while servers report their mounts, of which ${changing * 100} % have other listeners than before; edge and load on a processor each; kept in SQLite in memory; ${rounds} rounds of ${seconds} s, medians. CPU is the share of a core. An empty Hono app that gets no reports shows what the machine adds.`,
    columns: ['', 'servers', 'mounts', 'reports/s', 'p50 ms', 'p99 ms', 'most ms', 'CPU'],
    rows,
  }
}

type Load = (typeof loads)[number]

async function registered(running: Running, load: Load): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 4 })
  const body = bodies(load)
  for (let n = 0; n < load.servers; n++) await send(agent, running.url, '/admin/sourcelist.txt', body(n))
  agent.destroy()
}

async function rowOf(
  name: string,
  running: Running,
  load: Load,
  rounds: number,
  seconds: number,
): Promise<string[]> {
  pin(running.group, cpu)
  const all: Waited[] = []
  // the first round is an extra one to warm up, and does not count
  for (let round = 0; round <= rounds; round++) {
    const waited = await measure(running, load, seconds)
    if (round > 0) all.push(waited)
  }
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

async function measure(running: Running, load: Load, seconds: number): Promise<Waited> {
  const reporters = new Agent({ keepAlive: true, maxSockets: 16 })
  const listeners = new Agent({ keepAlive: true, maxSockets: 4 })
  const waits: number[] = []
  const pending: Promise<unknown>[] = []
  const body = bodies(load)
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
    pace(load.perSecond, async (n) => {
      const { status } = await send(reporters, running.url, '/admin/sourcelist.txt', body(n))
      if (status !== 200) throw new Error(`a report was answered ${status}`)
    }),
    pace(joinsPerSecond, async (n) => {
      const sentMs = performance.now()
      const { status } = await send(listeners, running.url, `/mount${n % load.mounts}.mp3`)
      if (status === 302) waits.push(performance.now() - sentMs)
    }),
  ]
  await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
  for (const timer of timers) clearInterval(timer)
  await Promise.all(pending)
  const cpuShare = (usageOf(running.group).cpuSeconds - before) / ((performance.now() - begunMs) / 1000)
  reporters.destroy()
  listeners.destroy()
  waits.sort((a, b) => a - b)
  const at = (share: number) => waits[Math.floor(share * (waits.length - 1))] ?? Number.NaN
  return { p50: at(0.5), p99: at(0.99), most: at(1), cpuShare }
}

/** The reports of servers in turn, each another than the one before. */
function bodies({ servers, mounts }: Load): (n: number) => Buffer {
  const made: Buffer[] = []
  const counts = Array.from({ length: servers }, () => Array.from({ length: mounts }, () => 1))
  for (let n = 0; n < servers * reportsOfEach; n++) {
    const server = n % servers
    const listeners = counts[server] ?? []
    for (let i = 0; i < mounts * changing; i++) {
      const at = (n * 7 + i * 3) % mounts
      listeners[at] = 1 + ((n + i) % 50)
    }
    const lines = listeners.map((count, i) => mountReport(`/mount${i}.mp3`, { listeners: count, joins: 0 }))
    const total = listeners.reduce((a, b) => a + b)
    const report = benchReport(server, servers, { mounts: lines, listeners: total })
    made.push(Buffer.from(printSourcelist(report)))
  }
  return (n) => made[n % made.length] ?? Buffer.alloc(0)
}

function send(
  agent: Agent,
  url: string,
  path: string,
  body?: Buffer,
): Promise<{ status: number | undefined }> {
  const headers = { Host: 'radio.example.org', 'User-Agent': 'VLC/3.0.20 LibVLC/3.0.20' }
  const posted = { Authorization: relayLogin, 'Content-Type': 'text/plain; charset=utf-8' }
  return new Promise((resolve, reject) => {
    const sent = request(
      new URL(path, url),
      {
        agent,
        method: body === undefined ? 'GET' : 'POST',
        headers: body === undefined ? headers : { ...headers, ...posted },
      },
      (answer) => {
        answer.resume()
        answer.on('end', () => resolve({ status: answer.statusCode }))
      },
    )
    sent.on('error', reject)
    sent.end(body)
  })
}

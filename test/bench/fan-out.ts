import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../kit/eventually.ts'
import { startIcecast } from '../kit/icecast.ts'
import { freePort } from '../kit/ports.ts'
import { start } from '../kit/process.ts'
import { type OriginRuntime, originRuntimes, secrets, startOrigin } from '../kit/runtimes.ts'
import { numbered, type Source, startSource } from '../kit/source.ts'
import type { Plan } from './plan.ts'
import { has, usageOf } from './processes.ts'
import { median, type Table, whole } from './table.ts'

/** listeners on one mount, and how many of them join in a second */
const crowds = [1000, 5000, 10_000] as const
const joinsPerSecond = 2000

/** ms between two flushes of the control: as long as the origin's pause with so many listeners */
const controlFlushMs = (crowd: number) => Math.min(1000, Math.max(250, crowd / 2))
const mount = '/live.mp3'

/** A server under load, fed with 128 kbit/s. */
interface Running {
  port: number
  group: number
  stop(): Promise<void>
}

interface Contender {
  name: string
  start(): Promise<Running>
}

/** What one crowd took of one server. */
interface Taken {
  /** µs of processor time for each listener and second */
  cpuMicros: number
  /** bytes of memory for each listener */
  residentBytes: number
  /** kbit/s that a listener received */
  kbps: number
  /** ms from connecting to the first byte, the 99th of 100 */
  p99Ms: number
  /** listeners that were refused, or had no answer in time: Icecast has a short queue for new connections */
  missing: number
}

/** The origin's fan-out beside Icecast's and a bare send loop's: processor time and memory for each listener. */
export async function benchFanOut({ rounds, seconds }: Plan): Promise<Table> {
  const rows: string[][] = []
  for (const crowd of crowds) {
    const measured = new Map<string, Taken[]>()
    for (let round = 0; round < rounds; round++)
      for (const { name, start: startServer } of contenders(crowd)) {
        const taken = await withServer(startServer, (running) => measure(running, crowd, seconds))
        measured.set(name, [...(measured.get(name) ?? []), taken])
      }
    for (const [name, taken] of measured) rows.push(rowOf(name, crowd, taken, measured))
  }
  return {
    title: 'Fan-out',
    note:
      `One mount of 128 kbit/s, ${whole(joinsPerSecond)} joins a second; processor time by /proc, ${rounds} rounds of ${seconds} s, ` +
      'medians. Icecast = 1, the bare send loop on the same runtime = 1; memory beyond that of its bare sockets.',
    columns: [
      '',
      'listeners',
      'CPU µs',
      'of Icecast',
      'of bare',
      'KiB',
      'KiB beyond bare',
      'kbit/s',
      'p99 ms',
      'missing',
    ],
    rows,
  }
}

function contenders(crowd: number): Contender[] {
  const ours = originRuntimes.flatMap((runtime) => [
    { name: `bare on ${runtime}`, start: () => startBare(runtime, controlFlushMs(crowd)) },
    { name: `origin on ${runtime}`, start: () => startMaster(runtime) },
  ])
  return has('icecast2') ? [{ name: 'Icecast', start: startPeer }, ...ours] : ours
}

async function startMaster(runtime: OriginRuntime): Promise<Running> {
  const { port, url, program } = await startOrigin(runtime, ['--max-listeners', '20000'])
  return fed({ port, group: program.pid, stop: () => program.stop() }, url, secrets.source)
}

async function startPeer(): Promise<Running> {
  const icecast = await startIcecast({ clients: 15_000 })
  return fed(
    { port: icecast.port, group: icecast.program.pid, stop: () => icecast.stop() },
    icecast.url,
    'source',
  )
}

async function startBare(runtime: OriginRuntime, flushMs: number): Promise<Running> {
  const port = await freePort()
  const program = start(runtime, ['test/bench/bare-send.ts', String(port), String(flushMs)])
  await program.line(/ready/)
  return { port, group: program.pid, stop: () => program.stop() }
}

/** Plays to a server until it is stopped; waits until the burst is there. */
async function fed(server: Running, url: string, password: string): Promise<Running> {
  const source: Source = startSource({ url: url + mount, password, programme: numbered })
  await eventually(() => source.sent > 200, { withinMs: 20_000 })
  return {
    ...server,
    stop: () => {
      source.close()
      return server.stop()
    },
  }
}

async function withServer<T>(startServer: () => Promise<Running>, use: (running: Running) => Promise<T>) {
  const running = await startServer()
  try {
    return await use(running)
  } finally {
    await running.stop()
  }
}

const settleMs = 3000
const joinPatienceMs = 20_000

/** Waits until all have joined, or have had their time. */
const allIn = (joined: () => boolean) =>
  eventually(joined, { withinMs: joinPatienceMs, everyMs: 200 }).catch(() => undefined)

interface Heard {
  joined: number
  refused: number
  received: number
  p99: number
}

async function measure({ port, group }: Running, crowd: number, seconds: number): Promise<Taken> {
  const idle = usageOf(group)
  const program = start('node', [
    'test/bench/listeners.ts',
    String(port),
    mount,
    String(crowd),
    String(joinsPerSecond),
  ])
  const heard = (): Heard => JSON.parse(/.*(?=\n$)/.exec(program.output())?.[0] || '{}')
  try {
    await allIn(() => heard().joined === crowd)
    await wait(settleMs) // bursts are on their way
    const before = { ...heard(), ...usageOf(group), atMs: performance.now() }
    await wait(seconds * 1000)
    const after = { ...heard(), ...usageOf(group), atMs: performance.now() }
    const listenerSeconds = (after.joined * (after.atMs - before.atMs)) / 1000
    return {
      cpuMicros: ((after.cpuSeconds - before.cpuSeconds) * 1e6) / listenerSeconds,
      residentBytes: (after.residentBytes - idle.residentBytes) / after.joined,
      kbps: ((after.received - before.received) * 8) / 1000 / listenerSeconds,
      p99Ms: after.p99,
      missing: crowd - after.joined + after.refused,
    }
  } finally {
    await program.stop()
  }
}

function rowOf(
  name: string,
  crowd: number,
  taken: readonly Taken[],
  all: ReadonlyMap<string, readonly Taken[]>,
): string[] {
  const middle = (of: readonly Taken[] | undefined, value: (each: Taken) => number) =>
    median((of ?? []).map(value))
  const bare = all.get(name.replace('origin', 'bare'))
  const cpu = (each: Taken) => each.cpuMicros
  const memory = (each: Taken) => each.residentBytes / 1024
  const ratio = (value: number) => (Number.isFinite(value) ? value.toFixed(2) : '')
  const isOurs = name.startsWith('origin')
  return [
    name,
    whole(crowd),
    middle(taken, cpu).toFixed(1),
    ratio(middle(taken, cpu) / middle(all.get('Icecast'), cpu)),
    isOurs ? ratio(middle(taken, cpu) / middle(bare, cpu)) : '',
    middle(taken, memory).toFixed(1),
    isOurs ? (middle(taken, memory) - middle(bare, memory)).toFixed(1) : '',
    middle(taken, (each) => each.kbps).toFixed(0),
    middle(taken, (each) => each.p99Ms).toFixed(0),
    whole(Math.max(...taken.map(({ missing }) => missing))),
  ]
}

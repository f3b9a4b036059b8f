import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../../kit/base/eventually.ts'
import { originRuntimes } from '../../kit/process/runtimes.ts'
import { HlsCrowd } from '../load/hls/hls-crowd.ts'
import type { HlsHeard } from '../load/hls/sessions.ts'
import { measure } from './crowds.ts'
import {
  type HlsStreamer,
  loadCpu,
  serverCpu,
  startBareHls,
  startHlsNginx,
  startHlsOrigin,
} from './hls-streamers.ts'
import type { Plan } from './plan.ts'
import { pin, pinned, usageOf, waitedSeconds } from './processes.ts'
import { contendersOn, mount } from './streamers.ts'
import { fixed, median, type Table, whole } from './table.ts'

/** joins a second: slow enough that they do not all ask in the same moment afterwards */
const joinsPerSecond = 500
/** ms after the last join: each has a full buffer, and asks for one segment at a time */
const settleMs = 5000
/** answers before the measurement: a server runs for weeks, and the compiler of Bun is at work until then */
const warmAnswers = 60_000
/** ms in which they come: 1,000 listeners ask 500 times a second */
const warmMs = 150_000
/** s for which the mount is measured alone */
const aloneSeconds = 6
/** s that one segment lasts */
const segmentSeconds = 4

/** What a crowd cost a server. */
interface TakenByHls {
  /** µs of processor time for each second of audio that a listener received: of the server, and of the load */
  cpuMicros: number
  loadMicros: number
  /** µs a second without a listener: the source, the packager, and whatever else a server does; NaN if not measured */
  aloneMicros: number
  /** bytes of memory, of the mount and all its listeners */
  residentBytes: number
  /** answers for each listener and second */
  answers: number
  /** sessions that do not play, requests that failed, and sessions that were silent */
  missing: number
  /** what failed and how, and how long the machine let server and load wait; undefined: nothing failed */
  trouble: string | undefined
}

interface HlsCell {
  name: string
  kind: 'HLS' | 'plain' | 'bare'
  crowd: number
  runtime: string | undefined
  rounds: TakenByHls[]
  measure: (seconds: number) => Promise<TakenByHls | undefined>
}

/** HLS served to many players, beside nginx with the same files, and beside plain listeners of the same origin. */
export async function benchHls({ rounds, seconds, listeners, runtimes }: Plan): Promise<Table> {
  const ours = originRuntimes.filter((runtime) => runtimes.some((each) => each === runtime))
  const cells = listeners.flatMap((crowd): HlsCell[] => [
    hlsCell('nginx', undefined, crowd, startHlsNginx),
    ...ours.flatMap((runtime) => [
      {
        ...hlsCell(`bare on ${runtime}`, runtime, crowd, () => startBareHls(runtime)),
        kind: 'bare' as const,
      },
      hlsCell(`origin on ${runtime}`, runtime, crowd, () => startHlsOrigin(runtime)),
      plainCell(runtime, crowd),
    ]),
  ])
  for (let round = 0; round < rounds; round++)
    for (const cell of cells) {
      const taken = await cell.measure(seconds)
      if (taken) cell.rounds.push(taken)
    }
  return {
    title: 'HLS',
    note:
      'One mount of 128 kbit/s in segments of 4 s, two playlists of 60 s kept; players that keep their connections and take gzip, each with a session of its own. ' +
      `Processor time by /proc, µs for each second of audio that a listener received; server and load on a processor each; ${rounds} rounds of ${seconds} s, medians. ` +
      `They have had ${warmAnswers.toLocaleString('en')} answers before; on Bun they run with the environment that the packages set. "mount alone" is the same time with no listener, for the source and the packager, divided by the listeners; ` +
      '"serving" is the rest. A bare program holds whole answers in memory and writes them to whoever asks. nginx = 1 does neither, and serves the same bytes as files, with playlists packed beforehand; plain = 1 is a listener of the same origin without HLS. Memory is what the program ' +
      `has more than before, for its listeners and, by HLS, the mount.${troublesOf(cells)}`,
    columns: [
      '',
      'listeners',
      '',
      'CPU µs',
      'of nginx',
      'mount alone',
      'serving of nginx',
      'of plain',
      'KiB a mount',
      'KiB a listener',
      'answers a second',
      'missing',
      'load µs',
    ],
    rows: cells.map((cell) => rowOf(cell, cells)),
  }
}

/** What failed, for each that lost requests: a table without it would not tell a slow server from a busy machine. */
const troublesOf = (cells: readonly HlsCell[]) =>
  cells
    .flatMap(({ name, crowd, rounds }) => rounds.map(({ trouble }) => ({ name, crowd, trouble })))
    .map(({ name, crowd, trouble }) => (trouble ? ` At ${name} with ${whole(crowd)}: ${trouble}.` : ''))
    .join('')

function rowOf(cell: HlsCell, cells: readonly HlsCell[]): string[] {
  const { name, kind, crowd, runtime, rounds } = cell
  const middle = (of: HlsCell | undefined, value: (taken: TakenByHls) => number) =>
    median((of?.rounds ?? []).map(value))
  const cpu = middle(cell, ({ cpuMicros }) => cpuMicros)
  const beside = (is: (other: HlsCell) => boolean) =>
    cells.find((other) => other.crowd === crowd && other !== cell && is(other))
  const alone = middle(cell, ({ aloneMicros }) => aloneMicros) / crowd
  const nginx = beside((other) => other.runtime === undefined)
  const plain = beside((other) => other.kind === 'plain' && other.runtime === runtime)
  const resident = middle(cell, ({ residentBytes }) => residentBytes)
  const isOurs = kind !== 'plain' && runtime !== undefined
  const ofOurs = (value: number) => (isOurs ? fixed(value, 2) : '')
  const answers = middle(cell, (taken) => taken.answers)
  return [
    name,
    whole(crowd),
    kind,
    fixed(cpu, 1),
    ofOurs(cpu / middle(nginx, ({ cpuMicros }) => cpuMicros)),
    isOurs ? fixed(alone, 1) : '',
    ofOurs((cpu - alone) / middle(nginx, ({ cpuMicros }) => cpuMicros)),
    ofOurs(cpu / middle(plain, ({ cpuMicros }) => cpuMicros)),
    kind === 'HLS' && isOurs ? whole(resident / 1024) : '',
    fixed(resident / 1024 / crowd, 1),
    kind === 'plain' ? '' : fixed(answers, 2),
    fixed(Math.max(...rounds.map(({ missing }) => missing)), 0),
    fixed(
      middle(cell, ({ loadMicros }) => loadMicros),
      1,
    ),
  ]
}

const hlsCell = (
  name: string,
  runtime: string | undefined,
  crowd: number,
  start: () => Promise<HlsStreamer>,
): HlsCell => ({
  name,
  kind: 'HLS',
  crowd,
  runtime,
  rounds: [],
  async measure(seconds) {
    let streamer: HlsStreamer | undefined
    try {
      streamer = await start()
      return await visitByHls(streamer, crowd, seconds)
    } catch (problem) {
      console.error(`${name} was not measured:`, problem)
      return undefined
    } finally {
      await streamer?.stop()
    }
  },
})

/** The same number of plain listeners, by the fan-out's own measurement. */
function plainCell(runtime: string, crowd: number): HlsCell {
  const name = `origin on ${runtime}`
  const contender = contendersOn([runtime]).find((each) => each.name === name)
  return {
    name,
    kind: 'plain',
    crowd,
    runtime,
    rounds: [],
    async measure(seconds) {
      if (!contender) return undefined
      const start = async () => {
        const streamer = await contender.start({ crowd, secure: false })
        pin(streamer.group, serverCpu)
        return streamer
      }
      const visit = { crowd, perSecond: 1000, secure: false, icy: false, seconds, loadCpu }
      const taken = await measure(name, start, visit)
      return (
        taken && {
          ...taken,
          residentBytes: taken.residentBytes * crowd,
          aloneMicros: Number.NaN,
          answers: 0,
          trouble: undefined,
        }
      )
    },
  }
}

/** Lets a crowd play, and measures what it costs for some seconds. */
async function visitByHls(streamer: HlsStreamer, count: number, seconds: number): Promise<TakenByHls> {
  const { port, group, idleBytes } = streamer
  const urls = [`http://127.0.0.1:${port}${mount}.m3u8`]
  const aloneMicros = await microsAlone(group)
  const plan = { urls, count, perSecond: joinsPerSecond, spread: true }
  const crowd = new HlsCrowd(plan, (command, args) => pinned(loadCpu, command, args))
  const waitedBefore = waitedSeconds(group)
  const usage = () => ({
    cpu: usageOf(group).cpuSeconds,
    load: crowd.programs.reduce((sum, { pid }) => sum + usageOf(pid).cpuSeconds, 0),
    ...crowd.look(),
  })
  try {
    await eventually(() => crowd.look().playing === count, { withinMs: 60_000, everyMs: 200 }).catch(
      () => undefined,
    )
    await wait(settleMs)
    await eventually(() => crowd.look().requests >= warmAnswers, { withinMs: warmMs, everyMs: 200 }).catch(
      () => undefined,
    )
    const before = usage()
    await wait(seconds * 1000)
    const after = usage()
    const heardSeconds = (after.segments - before.segments) * segmentSeconds
    const micros = (value: (at: typeof after) => number) =>
      ((value(after) - value(before)) * 1e6) / heardSeconds
    return {
      cpuMicros: micros(({ cpu }) => cpu),
      loadMicros: micros(({ load }) => load),
      aloneMicros,
      residentBytes: usageOf(group).residentBytes - idleBytes,
      answers: (after.requests - before.requests) / heardSeconds,
      missing: missingIn(after, count),
      trouble: troubleIn(after, waitedSeconds(group) - waitedBefore),
    }
  } finally {
    await crowd.stop()
  }
}

/** µs of processor time that a server takes each second while it has no listener. */
async function microsAlone(group: number): Promise<number> {
  const before = usageOf(group).cpuSeconds
  await wait(aloneSeconds * 1000)
  return ((usageOf(group).cpuSeconds - before) * 1e6) / aloneSeconds
}

function troubleIn({ failures, causes, lateMs }: HlsHeard, waited: number): string | undefined {
  if (failures === 0) return undefined
  const told = Object.entries(causes).map(([cause, count]) => `${cause} (${count})`)
  return `${told.join(', ')}; the load was late by up to ${fixed(lateMs, 0)} ms, the server waited ${fixed(waited, 1)} s for its processor`
}

const missingIn = ({ playing, failures, silent, missed }: HlsHeard, count: number) =>
  count - playing + failures + silent + missed

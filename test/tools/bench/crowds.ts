import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../../kit/base/eventually.ts'
import { Crowd } from '../load/crowd.ts'
import { pin, usageOf } from './processes.ts'
import { mount, type Streamer } from './streamers.ts'

/** How listeners join a server, and how long they stay. */
export interface Visit {
  crowd: number
  perSecond: number
  secure: boolean
  icy: boolean
  /** measured seconds, after all have joined */
  seconds: number
  /** the processor of the load; undefined: any */
  loadCpu?: number
}

/** What a crowd cost a server, and the machine. */
export interface Taken {
  /** µs of processor time for each second of audio received by a listener: of the server, and of the load */
  cpuMicros: number
  loadMicros: number
  /** µs of processor time of the server for each join, including the fan-out at the same time */
  joinMicros: number
  /** bytes of memory for each listener */
  residentBytes: number
  /** kbit/s that a listener received */
  kbps: number
  /** ms from connecting to the first byte, of each listener, ascending */
  firstByteMs: number[]
  /** ms of the longest silence of any listener */
  gapMs: number
  /** listeners that were rejected or closed, or got no answer in time */
  missing: number
}

/** of audio at 128 kbit/s */
const bytesPerSecond = 16_000
/** ms after the last join until bursts have arrived */
const settleMs = 2000
/** extra ms for a crowd to join: Icecast has a short queue for new connections */
const patienceMs = 15_000

/** Sends a crowd to a server, waits until it has joined, and measures its cost for some seconds. */
async function visit({ port, group }: Streamer, plan: Visit): Promise<Taken> {
  const { crowd: count, perSecond, secure, icy, seconds } = plan
  const idle = usageOf(group)
  const crowd = new Crowd({ port, mount, count, perSecond, secure, icy, checked: false })
  if (plan.loadCpu !== undefined) for (const { pid } of crowd.programs) pin(pid, plan.loadCpu)
  const usage = () => ({
    ...usageOf(group),
    loadSeconds: crowd.programs.reduce((sum, { pid }) => sum + usageOf(pid).cpuSeconds, 0),
    ...crowd.look(),
    atMs: performance.now(),
  })
  try {
    const withinMs = (count / perSecond) * 1000 + patienceMs
    await eventually(() => crowd.look().joined === count, { withinMs, everyMs: 200 }).catch(() => undefined)
    const joined = usageOf(group)
    await wait(settleMs)
    crowd.takeGapMs()
    const before = usage()
    await wait(seconds * 1000)
    const after = usage()
    const listenerSeconds = (after.joined * (after.atMs - before.atMs)) / 1000
    const received = after.received - before.received
    const micros = (cpuSeconds: number) => (cpuSeconds * 1e6) / (received / bytesPerSecond)
    return {
      cpuMicros: micros(after.cpuSeconds - before.cpuSeconds),
      loadMicros: micros(after.loadSeconds - before.loadSeconds),
      joinMicros: ((joined.cpuSeconds - idle.cpuSeconds) * 1e6) / after.joined,
      residentBytes: (after.residentBytes - idle.residentBytes) / after.joined,
      kbps: (received * 8) / 1000 / listenerSeconds,
      firstByteMs: crowd.firstBytes(),
      gapMs: crowd.takeGapMs(),
      missing: count - after.joined + after.closed,
    }
  } finally {
    await crowd.stop()
  }
}

/**
 * Starts a server, sends a crowd there, and stops it. Undefined if that fails, with a message: an Icecast sometimes never
 * starts to answer, and that must not cost a quarter of an hour of measurements.
 */
export async function measure(
  name: string,
  startStreamer: () => Promise<Streamer>,
  plan: Visit,
): Promise<Taken | undefined> {
  let streamer: Streamer | undefined
  try {
    streamer = await startStreamer()
    return await visit(streamer, plan)
  } catch (problem) {
    console.error(`${name} was not measured:`, problem)
    return undefined
  } finally {
    await streamer?.stop()
  }
}

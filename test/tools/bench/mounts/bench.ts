import { setTimeout as wait } from 'node:timers/promises'
import { start } from '../../../kit/process/process.ts'
import type { Plan } from '../plan.ts'
import { usageOf } from '../processes.ts'
import { type Empty, emptyOn } from '../streamers.ts'
import { fixed, median, type Table, whole } from '../table.ts'

/** Many mounts: without listeners, for their memory, and with a few each, for the time. */
const crowds = [
  { mounts: 500, listeners: 0 },
  { mounts: 1000, listeners: 5 },
] as const

/** ms until a program that has just started is at rest: its memory is compared with that of later */
const restMs = 4000

/** ms after the last connection until bursts and queues are full: 32 s of audio are the usual queue */
const settleMs = 40_000

/** ms for all to connect: Icecast accepts some thirty a second */
const connectMs = 300_000

interface Taken {
  /** of a processor */
  cores: number
  /** bytes beyond the program without mounts: in the middle of all looks, one a second, and at most */
  residentBytes: number
  mostBytes: number
}

/** Many mounts at one server compared with Icecast: its processor time and memory. */
export async function benchMounts({ rounds, seconds, runtimes }: Plan): Promise<Table> {
  const rows: string[][] = []
  for (const crowd of crowds)
    for (const { name, start: startEmpty } of emptyOn(runtimes)) {
      const all: Taken[] = []
      for (let round = 0; round < rounds; round++) all.push(await measure(startEmpty, crowd, seconds))
      rows.push([
        name,
        whole(crowd.mounts),
        whole(crowd.listeners),
        fixed(median(all.map(({ cores }) => cores)), 3),
        fixed(median(all.map(({ residentBytes }) => residentBytes)) / 2 ** 20, 0),
        fixed(Math.max(...all.map(({ mostBytes }) => mostBytes)) / 2 ** 20, 0),
      ])
    }
  return {
    title: 'Many mounts',
    note:
      `Mounts of 128 kbit/s, each with a source of its own and so many listeners; processor time and memory of the server ${settleMs / 1000} s after all have come, ` +
      `over ${seconds} s, ${rounds} rounds, medians. Memory is resident, beyond that of the program without mounts.`,
    columns: ['', 'mounts', 'listeners each', 'cores', 'MiB', 'at most'],
    rows,
  }
}

async function measure(
  startEmpty: () => Promise<Empty>,
  { mounts, listeners }: (typeof crowds)[number],
  seconds: number,
): Promise<Taken> {
  const server = await startEmpty()
  await wait(restMs)
  const idle = usageOf(server.group)
  const load = start('node', [
    'test/tools/bench/mounts/load.ts',
    ...[server.port, server.password, mounts, listeners].map(String),
  ])
  try {
    await load.line(/ready/, connectMs)
    await wait(settleMs)
    const before = usageOf(server.group)
    const fromMs = performance.now()
    const residents: number[] = []
    for (let i = 0; i < seconds; i++) {
      await wait(1000)
      residents.push(usageOf(server.group).residentBytes)
    }
    const after = usageOf(server.group)
    return {
      cores: (after.cpuSeconds - before.cpuSeconds) / ((performance.now() - fromMs) / 1000),
      residentBytes: median(residents) - idle.residentBytes,
      mostBytes: Math.max(...residents) - idle.residentBytes,
    }
  } finally {
    await load.stop()
    await server.stop()
  }
}

import { type Taken, visit, withStreamer } from './crowds.ts'
import type { Plan } from './plan.ts'
import { type Contender, contendersOn } from './streamers.ts'
import { median, type Table, whole } from './table.ts'

const crowd = 10_000
const perSecond = 2000

/** How soon a crowd has its first byte: 10,000 listeners who join one mount within five seconds. */
export async function benchJoins({ rounds, seconds, runtimes }: Plan): Promise<Table> {
  const measured: { contender: Contender; taken: Taken[] }[] = contendersOn(runtimes).map((contender) => ({
    contender,
    taken: [],
  }))
  const plan = { crowd, perSecond, secure: false, icy: false, seconds }
  for (let round = 0; round < rounds; round++)
    for (const { contender, taken } of measured)
      taken.push(await withStreamer(contender.start(plan), (streamer) => visit(streamer, plan)))
  return {
    title: 'Joins',
    note:
      `${whole(crowd)} listeners join a mount of 128 kbit/s at ${whole(perSecond)} a second, over plain HTTP; ms from connecting to the first byte, ` +
      `${rounds} rounds, medians. Processor time is that of a join, with the fan-out to those who came before it; the gap is the longest silence afterwards.`,
    columns: ['', 'p50 ms', 'p99 ms', 'max ms', 'missing', 'CPU µs a join', 'gap ms', 'load µs'],
    rows: measured.map(({ contender, taken }) => {
      const middle = (value: (each: Taken) => number) => median(taken.map(value))
      const percentile = (part: number) =>
        middle(({ firstByteMs }) => firstByteMs[Math.floor((firstByteMs.length - 1) * part)] ?? Number.NaN)
      return [
        contender.name,
        percentile(0.5).toFixed(1),
        percentile(0.99).toFixed(0),
        percentile(1).toFixed(0),
        whole(Math.max(...taken.map(({ missing }) => missing))),
        middle(({ joinMicros }) => joinMicros).toFixed(0),
        Math.max(...taken.map(({ gapMs }) => gapMs)).toFixed(0),
        middle(({ loadMicros }) => loadMicros).toFixed(1),
      ]
    }),
  }
}

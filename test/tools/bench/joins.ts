import { measure, type Taken } from './crowds.ts'
import type { Plan } from './plan.ts'
import { type Contender, contendersOn } from './streamers.ts'
import { fixed, median, type Table, whole } from './table.ts'

const crowd = 10_000
const perSecond = 2000

/** The time to the first byte in a crowd: 10,000 listeners join one mount within five seconds. */
export async function benchJoins({ rounds, seconds, runtimes }: Plan): Promise<Table> {
  const measured: { contender: Contender; taken: Taken[] }[] = contendersOn(runtimes).map((contender) => ({
    contender,
    taken: [],
  }))
  const plan = { crowd, perSecond, secure: false, icy: false, seconds }
  for (let round = 0; round < rounds; round++)
    for (const { contender, taken: all } of measured) {
      const taken = await measure(contender.name, () => contender.start(plan), plan)
      if (taken) all.push(taken)
    }
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
        fixed(percentile(0.5), 1),
        fixed(percentile(0.99), 0),
        fixed(percentile(1), 0),
        fixed(Math.max(...taken.map(({ missing }) => missing)), 0),
        fixed(
          middle(({ joinMicros }) => joinMicros),
          0,
        ),
        fixed(Math.max(...taken.map(({ gapMs }) => gapMs)), 0),
        fixed(
          middle(({ loadMicros }) => loadMicros),
          1,
        ),
      ]
    }),
  }
}

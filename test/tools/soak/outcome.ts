import { printTable, whole } from '../bench/table.ts'
import { growth, judge, type Sample, type Verdict } from './trend.ts'
import type { Visits } from './visitors.ts'
import type { Watch } from './watch.ts'

/** What came of listeners who came and went. */
export interface Outcome {
  record: Watch
  /** of each process of visitors */
  visits: readonly Visits[]
  /** of those who read nothing, how many fell off the queue */
  dropped: number
  /** descriptors of each program before the first listener and after the last */
  before: readonly number[]
  after: readonly number[]
}

/** descriptors by which a program may differ afterwards from before: a report or a kept-alive connection under way */
export const descriptorsSlack = 3
/** bytes for each who came: a listener who is forgotten in a table costs a thousand or more, with its head and socket */
const bytesPerVisit = 512
/** MiB an hour: below this, what an allocator strays by is more than what few visitors could leave behind */
const boundMiBMin = 4

/** h below which memory is not judged: a runtime compiles and sizes its heap for some minutes */
const hoursMin = 0.4

/** The tables show so many moments of a run. */
const moments = 12

const cell = ({ residentMiB, heapMiB, descriptors }: Sample) =>
  `${residentMiB.toFixed(0)} / ${heapMiB?.toFixed(0) ?? 'n/a'} / ${descriptors}`

/** Memory and descriptors of each program over time. */
export function heldTable({ record: { programs, samples } }: Outcome): string {
  const times = samples[0] ?? []
  const shown = Array.from({ length: moments + 1 }, (_, i) => Math.round((i * (times.length - 1)) / moments))
  return printTable({
    title: 'Held over time',
    note: 'Resident memory and heap in MiB, and open descriptors of each program, by minutes.',
    columns: ['min', ...programs.map(({ name }) => name)],
    rows: [...new Set(shown)].map((at) => [
      ((times[at]?.atS ?? 0) / 60).toFixed(1),
      ...samples.map((of) => (of[at] ? cell(of[at]) : '')),
    ]),
  })
}

function totalOf(visits: readonly Visits[], of: (visit: Visits) => Record<string, number>) {
  const total = new Map<string, number>()
  for (const each of visits)
    for (const [name, count] of Object.entries(of(each))) total.set(name, (total.get(name) ?? 0) + count)
  return total
}
const cameTo = ({ visits }: Outcome) => totalOf(visits, ({ came }) => came)
const faultsOf = ({ visits }: Outcome) =>
  [...totalOf(visits, ({ faults }) => faults)].map(([text, count]) => `${text} (${count} times)`)

/** Who came, and what they complained of. */
export function visitTable(outcome: Outcome): string {
  const faults = faultsOf(outcome)
  const complaints = faults.length === 0 ? 'Nobody had to complain.' : `Complaints: ${faults.join('; ')}.`
  return printTable({
    title: 'Who came',
    note: `Of the stalled, ${outcome.dropped} were dropped. ${complaints}`,
    columns: ['', 'came'],
    rows: [...cameTo(outcome)].map(([name, count]) => [name, whole(count)]),
  })
}

interface Judged {
  name: string
  memory: Verdict
  descriptorsBack: boolean
  cells: string[]
}

function judged(outcome: Outcome): Judged[] {
  const { record, before, after } = outcome
  const hours = (record.samples[0]?.at(-1)?.atS ?? 0) / 3600
  const came = [...cameTo(outcome).values()].reduce((sum, count) => sum + count, 0)
  const perProgram = came / record.programs.length
  const bound = Math.max(boundMiBMin, (perProgram * bytesPerVisit) / 2 ** 20 / hours)
  return record.programs.map(({ name }, i) => {
    const samples = record.samples[i] ?? []
    const grown = growth(samples)
    const memory = hours < hoursMin ? 'undecided' : judge(grown, bound)
    const most = Math.max(...samples.map(({ descriptors }) => descriptors))
    const descriptorsBack = (after[i] ?? 0) <= (before[i] ?? 0) + descriptorsSlack
    const cells = [
      name,
      `${grown.slope.toFixed(1)} ± ${(2 * grown.error).toFixed(1)}`,
      bound.toFixed(1),
      memory,
      `${before[i]} → ${most} → ${after[i]}`,
      descriptorsBack ? 'back' : 'not back',
    ]
    return { name, memory, descriptorsBack, cells }
  })
}

/** Whether memory is flat and descriptors are back, program by program. */
export function verdictTable(outcome: Outcome): string {
  return printTable({
    title: 'Verdict',
    note:
      'MiB an hour by a line through the second half, ± two standard errors; flat is what grows by at most ' +
      `${bytesPerVisit} bytes for each who came (a forgotten listener costs a thousand or more), or by ${boundMiBMin} MiB an hour; ` +
      `in less than ${hoursMin * 60} minutes it is not judged; descriptors before, at most, and after, when at most ${descriptorsSlack} more than before are left.`,
    columns: ['', 'MiB an hour', 'bound', 'memory', 'descriptors', ''],
    rows: judged(outcome).map(({ cells }) => cells),
  })
}

/** Everything that should not have been, for the exit code; memory that is undecided is told by the table alone. */
export function failuresOf(outcome: Outcome): string[] {
  return [
    ...faultsOf(outcome),
    ...judged(outcome).flatMap(({ name, memory, descriptorsBack }) => [
      ...(memory === 'grows' ? [`the memory of the ${name} grows`] : []),
      ...(descriptorsBack ? [] : [`the ${name} keeps descriptors open`]),
    ]),
  ]
}

import { printTable, whole } from '../bench/table.ts'
import { growth, judge, type MemorySample, type MemoryVerdict } from './trend.ts'
import type { Visits } from './visitors.ts'
import type { Watch } from './watch.ts'

/** The result of a run with listeners that come and go. */
export interface SoakOutcome {
  record: Watch
  /** of each process of visitors */
  visits: readonly Visits[]
  /** how many of the stalled listeners were dropped */
  dropped: number
  /** descriptors of each program before the first listener and after the last */
  before: readonly number[]
  after: readonly number[]
}

/** descriptors that a program may have more afterwards: a report in transit or a kept-alive connection */
export const descriptorsSlack = 3
/** bytes per visit: a leaked listener costs a thousand or more, with its head and socket */
const bytesPerVisit = 512
/** MiB an hour: below this, the noise of an allocator exceeds what few visitors could leak */
const boundMiBMin = 4

/** h below which memory is not judged: a runtime compiles and sizes its heap for some minutes */
const hoursMin = 0.4

/** moments of a run shown in the tables */
const moments = 12

const cell = ({ residentMiB, heapMiB, descriptors }: MemorySample) =>
  `${residentMiB.toFixed(0)} / ${heapMiB?.toFixed(0) ?? 'n/a'} / ${descriptors}`

/** Memory and descriptors of each program over time. */
export function heldTable({ record: { programs, samples } }: SoakOutcome): string {
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
const cameTo = ({ visits }: SoakOutcome) => totalOf(visits, ({ came }) => came)
const faultsOf = ({ visits }: SoakOutcome) =>
  [...totalOf(visits, ({ faults }) => faults)].map(([text, count]) => `${text} (${count} times)`)

/** The visits and the complaints. */
export function visitTable(outcome: SoakOutcome): string {
  const faults = faultsOf(outcome)
  const complaints = faults.length === 0 ? 'No complaints.' : `Complaints: ${faults.join('; ')}.`
  return printTable({
    title: 'Who came',
    note: `Of the stalled, ${outcome.dropped} were dropped. ${complaints}`,
    columns: ['', 'came'],
    rows: [...cameTo(outcome)].map(([name, count]) => [name, whole(count)]),
  })
}

interface Judged {
  name: string
  memory: MemoryVerdict
  descriptorsBack: boolean
  cells: string[]
}

function judged(outcome: SoakOutcome): Judged[] {
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
export function verdictTable(outcome: SoakOutcome): string {
  return printTable({
    title: 'MemoryVerdict',
    note:
      'MiB an hour by a line through the second half, ± two standard errors; flat is what grows by at most ' +
      `${bytesPerVisit} bytes for each who came (a forgotten listener costs a thousand or more), or by ${boundMiBMin} MiB an hour; ` +
      `in less than ${hoursMin * 60} minutes it is not judged; descriptors before, at most, and after, when at most ${descriptorsSlack} more than before are left.`,
    columns: ['', 'MiB an hour', 'bound', 'memory', 'descriptors', ''],
    rows: judged(outcome).map(({ cells }) => cells),
  })
}

/** All failures, for the exit code; undecided memory appears only in the table. */
export function failuresOf(outcome: SoakOutcome): string[] {
  return [
    ...faultsOf(outcome),
    ...judged(outcome).flatMap(({ name, memory, descriptorsBack }) => [
      ...(memory === 'grows' ? [`the memory of the ${name} grows`] : []),
      ...(descriptorsBack ? [] : [`the ${name} keeps descriptors open`]),
    ]),
  ]
}

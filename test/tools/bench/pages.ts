import { start } from '../../kit/process/process.ts'
import type { Plan } from './plan.ts'
import type { Table } from './table.ts'

/** The turns in which the long answers of a large cluster are made: pure code, on each runtime. */
export async function benchPages({ runtimes }: Plan): Promise<Table> {
  const rows: string[][] = []
  for (const runtime of runtimes) {
    const command = runtime === 'deno' ? ['run', '-A'] : []
    const program = start(runtime, [...command, 'test/tools/bench/turns.ts'])
    const { code } = await program.exited
    if (code !== 0) throw new Error(`turns.ts on ${runtime}:\n${program.output()}`)
    for (const line of program.output().trim().split('\n'))
      rows.push([`${runtime} ${line.split('|')[0]}`, ...line.split('|').slice(1)])
  }
  return {
    title: 'Pages',
    note: 'Long answers about 10,000 servers with 100 mounts each, slice by slice, and reports of such servers, of whose mounts a fifth have other listeners; listeners are answered between any two turns. Processor time of the thread, on Deno of the whole program; medians of 5 times, the longest turn of all 5.',
    columns: ['', 'turns', 'p99 of a turn, ms', 'longest, ms', 'all turns, ms', 'MB'],
    rows,
  }
}

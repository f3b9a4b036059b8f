import { start } from '../../kit/process.ts'
import type { BenchRuntime, Plan } from './plan.ts'
import { type Table, whole } from './table.ts'

/** The time of one decision with a growing number of servers: pure code, on each runtime. */
export async function benchPick({ servers, runtimes }: Plan): Promise<Table> {
  const columns: string[][] = []
  for (const runtime of runtimes) columns.push(await decisionsOn(runtime, servers))
  return {
    title: 'Pick',
    note: 'Nanoseconds of one decision: 10,000 listeners a second from 16 locations, all servers with a location, each redirect debited; medians of 40 times 10,000.',
    columns: ['servers', ...runtimes],
    rows: servers.map((count, i) => [whole(count), ...columns.map((column) => column[i] ?? '')]),
  }
}

async function decisionsOn(runtime: BenchRuntime, servers: readonly number[]): Promise<string[]> {
  const command = runtime === 'deno' ? ['run', '-A'] : []
  const program = start(runtime, [...command, 'test/tools/bench/decisions.ts', ...servers.map(String)])
  const { code } = await program.exited
  if (code !== 0) throw new Error(`decisions.ts on ${runtime}:\n${program.output()}`)
  return program
    .output()
    .trim()
    .split('\n')
    .map((line) => whole(Number(line.split(' ')[1])))
}

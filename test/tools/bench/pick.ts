import { start } from '../../kit/process/process.ts'
import type { BenchRuntime, Plan } from './plan.ts'
import { type Table, whole } from './table.ts'

/** fleets whose servers carry many mounts, heard from all over the world: servers × mounts */
const fleets = ['200x1', '200x20', '200x200', '1000x100', '10000x10']

/** The time of one decision with a growing number of servers, and of mounts: pure code, on each runtime. */
export async function benchPick({ servers: counts, runtimes }: Plan): Promise<Table> {
  const servers = [...counts.map(String), ...fleets]
  const columns: string[][] = []
  for (const runtime of runtimes) columns.push(await decisionsOn(runtime, servers))
  return {
    title: 'Pick',
    note: 'Nanoseconds of one decision: 10,000 listeners a second from 16 locations, all servers with a location, each redirect debited, 100 reports a second; processor time of the thread (on Deno of the program), medians of 40 times 10,000. With × MOUNTS: listeners of 632 places all over the world, each of a mount by chance.',
    columns: ['servers × mounts', ...runtimes],
    rows: servers.map((count, i) => [nameOf(count), ...columns.map((column) => column[i] ?? '')]),
  }
}

const nameOf = (count: string) =>
  count
    .split('x')
    .map((part) => whole(Number(part)))
    .join(' × ')

async function decisionsOn(runtime: BenchRuntime, servers: readonly string[]): Promise<string[]> {
  const command = runtime === 'deno' ? ['run', '-A'] : []
  const program = start(runtime, [...command, 'test/tools/bench/decisions.ts', ...servers])
  const { code } = await program.exited
  if (code !== 0) throw new Error(`decisions.ts on ${runtime}:\n${program.output()}`)
  return program
    .output()
    .trim()
    .split('\n')
    .map((line) => whole(Number(line.split(' ')[1])))
}

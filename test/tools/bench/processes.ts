import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'

/** Clock ticks a second of /proc, which Linux has fixed at 100 for what programs see. */
const ticksPerSecond = 100

/** The resource usage of a program and its children, as counted by the operating system. */
export interface Usage {
  /** seconds on a processor, the program's own and the kernel's for it */
  cpuSeconds: number
  /** bytes of memory in use */
  residentBytes: number
}

/** Reads the usage of a process group, whose id is that of the process that leads it (Linux). */
export function usageOf(group: number): Usage {
  const usage = { cpuSeconds: 0, residentBytes: 0 }
  for (const fields of statsOf(group)) {
    usage.cpuSeconds += (Number(fields[11]) + Number(fields[12])) / ticksPerSecond
    usage.residentBytes += Number(fields[21]) * 4096
  }
  return usage
}

/** s for which threads of a process group were ready to run and another program had the processor (Linux). */
export function waitedSeconds(group: number): number {
  let nanos = 0
  for (const { pid } of statsOf(group))
    for (const thread of readdirSync(`/proc/${pid}/task`))
      try {
        nanos += Number(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1').split(' ')[1])
      } catch {
        // it has ended, or the kernel does not count
      }
  return nanos / 1e9
}

/** Whether a program and its load can each have a processor of their own. */
export const canPin = availableParallelism() > 1 && has('taskset')

/** Pins every thread of a process group to one processor, if there is more than one. */
export function pin(group: number, cpu: number): void {
  for (const { pid } of statsOf(group)) pinProcess(pid, cpu)
}

/** The same of one process. */
export function pinProcess(pid: number, cpu: number): void {
  if (canPin) execFileSync('taskset', ['-a', '-c', '-p', String(cpu), String(pid)], { stdio: 'ignore' })
}

/** A command pinned to one processor, if there is more than one. */
export const pinned = (cpu: number, command: string, args: readonly string[]): [string, string[]] =>
  canPin ? ['taskset', ['-c', String(cpu), command, ...args]] : [command, [...args]]

/** Whether a program is installed. */
export function has(command: string): boolean {
  try {
    execFileSync('which', [command], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}

/** The fields of proc_pid_stat(5) after the name, from the state on, for each process of a group. */
function statsOf(group: number): (string[] & { pid: number })[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        const stat = readFileSync(`/proc/${name}/stat`, 'latin1')
        const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
        return Number(fields[2]) === group ? [Object.assign(fields, { pid: Number(name) })] : []
      } catch {
        return [] // it exited after the listing
      }
    })
}

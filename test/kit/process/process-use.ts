import { readdirSync, readFileSync } from 'node:fs'

/** Memory of a process in KiB (Linux). Throws if it has exited. */
export const residentKib = (pid: number): number =>
  Number(/VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'latin1'))?.[1])

/** Descriptors that a process has open (Linux). Throws if it has exited. */
export const openDescriptors = (pid: number): number => readdirSync(`/proc/${pid}/fd`).length

/** Processor time that a process has used, in hundredths of a second (Linux). Throws if it has exited. */
export function cpuTicks(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'latin1').split(') ')[1]?.split(' ') ?? []
  return Number(fields[11]) + Number(fields[12])
}

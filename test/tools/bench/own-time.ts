import process from 'node:process'

/** ms of processor time of this thread; on Deno of the whole program, which has helpers that collect garbage */
export function cpuMs(): number {
  const { user, system } = process.threadCpuUsage?.() ?? process.cpuUsage()
  return (user + system) / 1000
}

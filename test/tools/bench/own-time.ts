import process from 'node:process'

/** The part of Deno's calls into C libraries that is used; typed here, so that Deno's global types are not needed. */
interface DenoLibraries {
  dlopen(
    file: string,
    symbols: { clock_gettime: { parameters: readonly ['i32', 'buffer']; result: 'i32' } },
  ): { symbols: { clock_gettime(clock: number, time: BigInt64Array<ArrayBuffer>): number } }
}
declare const Deno: DenoLibraries

/** CLOCK_THREAD_CPUTIME_ID of Linux */
const threadClock = 3

/** ms of processor time of this thread: other programs on the machine, and helpers that collect garbage, do not count */
export const cpuMs: () => number = 'Deno' in globalThis ? clockOfDeno() : clockOfNode

function clockOfNode(): number {
  const { user, system } = process.threadCpuUsage()
  return (user + system) / 1000
}

/** Deno's own counters are of the whole program, in ticks of 10 ms. */
function clockOfDeno(): () => number {
  const { symbols } = Deno.dlopen('libc.so.6', {
    clock_gettime: { parameters: ['i32', 'buffer'], result: 'i32' },
  })
  const time = new BigInt64Array(2)
  return () => {
    symbols.clock_gettime(threadClock, time)
    return Number(time[0]) * 1000 + Number(time[1]) / 1e6
  }
}

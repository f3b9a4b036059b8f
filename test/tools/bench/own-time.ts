import process from 'node:process'

/** The part of Deno's calls into C libraries that is used; typed here, so that Deno's global types are not needed. */
interface DenoLibraries {
  dlopen(
    file: string,
    symbols: { clock_gettime: { parameters: readonly ['i32', 'buffer']; result: 'i32' } },
  ): { symbols: { clock_gettime(clock: number, time: BigInt64Array<ArrayBuffer>): number } }
}
declare const Deno: DenoLibraries

/** The part of WebAssembly that is used, typed here for the same reason. */
declare const WebAssembly: { Memory: new (sizes: { initial: number }) => { readonly buffer: ArrayBuffer } }

/** CLOCK_THREAD_CPUTIME_ID of Linux */
const threadClock = 3

/**
 * ms of processor time of this thread: other programs on the machine, and helpers that collect garbage, do not count. By the system's clock of
 * the thread, which is exact; what `process.threadCpuUsage()` tells grows in ticks of 4 ms.
 */
export const cpuMs: () => number = await clockOf()

function clockOf(): Promise<() => number> | (() => number) {
  if ('Deno' in globalThis) return clockOfDeno()
  return process.versions.bun === undefined ? clockOfNode() : clockOfBun()
}

/** Node has no calls into C libraries; its WASI has the clock. */
async function clockOfNode(): Promise<() => number> {
  const { WASI } = await import('node:wasi')
  const memory = new WebAssembly.Memory({ initial: 1 })
  const wasi = new WASI({ version: 'preview1' })
  wasi.finalizeBindings({ exports: { memory } }, { memory })
  const time = new BigInt64Array(memory.buffer)
  return () => {
    wasi.wasiImport.clock_time_get(threadClock, 1n, 0)
    return Number(time[0]) / 1e6
  }
}

async function clockOfBun(): Promise<() => number> {
  const { dlopen, ptr } = await import('bun:ffi')
  const { symbols } = dlopen('libc.so.6', { clock_gettime: { args: ['i32', 'ptr'], returns: 'i32' } })
  const time = new BigInt64Array(2)
  const at = ptr(new Uint8Array(time.buffer))
  return () => {
    symbols.clock_gettime(threadClock, at)
    return msOf(time)
  }
}

/** Deno's own counters are of the whole program, in ticks of 10 ms. */
function clockOfDeno(): () => number {
  const { symbols } = Deno.dlopen('libc.so.6', {
    clock_gettime: { parameters: ['i32', 'buffer'], result: 'i32' },
  })
  const time = new BigInt64Array(2)
  return () => {
    symbols.clock_gettime(threadClock, time)
    return msOf(time)
  }
}

/** @param time s, and ns */
const msOf = (time: BigInt64Array) => Number(time[0]) * 1000 + Number(time[1]) / 1e6

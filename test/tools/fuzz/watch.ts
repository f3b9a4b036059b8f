import { Worker } from 'node:worker_threads'
import { inputBytesMax } from './mutate.ts'
import type { Order, Outcome } from './worker.ts'

/** ms of the processor after which an input that is still being read counts as one that hangs: on a busy machine a minute may have few of them */
const hangMs = 30_000
/** looks, a second apart, after which one counts as waiting for something that does not come */
const waitsMax = 300
const lookMs = 1000
/** MB of heap of the thread that reads: an input is a few KB */
const heapMb = 512

/** Runs a target in a thread, and ends it if an input hangs it or takes all its memory. */
export function watched(order: Omit<Order, 'shared'>): Promise<Outcome> {
  const shared = new SharedArrayBuffer(8 + Math.max(inputBytesMax * 4, order.input?.length ?? 0))
  const counters = new Int32Array(shared, 0, 2)
  const worker = new Worker(new URL('./worker.ts', import.meta.url), {
    workerData: { ...order, shared } satisfies Order,
    resourceLimits: { maxOldGenerationSizeMb: heapMb },
  })
  return new Promise((resolve, reject) => {
    let last = -1
    const told = () => Uint8Array.from(new Uint8Array(shared, 8, counters[1] ?? 0))
    const end = (outcome: Outcome) => {
      clearInterval(timer)
      void worker.terminate()
      resolve(outcome)
    }
    const failed = (text: string) =>
      end({ checked: counters[0] ?? 0, usedMs: 0, joined: [], finding: { input: told(), text } })
    let looks = 0
    let used = process.cpuUsage()
    const timer = setInterval(() => {
      const now = counters[0] ?? 0
      // before the first input the target is loaded
      if (now === 0 || now !== last) {
        last = now
        looks = 0
        used = process.cpuUsage()
        return
      }
      const { user, system } = process.cpuUsage(used)
      if ((user + system) / 1000 >= hangMs || ++looks > waitsMax)
        failed(
          `an input hangs: it took ${Math.round((user + system) / 1e6)} s of the processor and is not read yet`,
        )
    }, lookMs)
    worker.once('message', end)
    worker.once('error', (error) => {
      if ((counters[0] ?? 0) > 0) return failed(error.stack ?? error.message)
      clearInterval(timer)
      reject(error) // before any input: the target itself could not be loaded
    })
  })
}

import { Worker } from 'node:worker_threads'
import type { CrowdOutcome } from './outcome.ts'
import type { Setting } from './setting.ts'

/** One crowd to simulate. */
export interface Job {
  setting: Setting
  policy: string
  seed: number
}

/** Runs the jobs on `threads` threads; the outcomes are in the order of the jobs. `onDone` is called after each. */
export async function runJobs(
  jobs: readonly Job[],
  threads: number,
  onDone: (done: number) => void,
): Promise<CrowdOutcome[]> {
  const outcomes: CrowdOutcome[] = []
  let next = 0
  let done = 0
  const work = async () => {
    const worker = new Worker(new URL('./worker.ts', import.meta.url))
    try {
      for (let i = next++; i < jobs.length; i = next++) {
        const job = jobs[i]
        if (job) outcomes[i] = await runOn(worker, job)
        onDone(++done)
      }
    } finally {
      await worker.terminate()
    }
  }
  await Promise.all(Array.from({ length: Math.min(threads, jobs.length) }, work))
  return outcomes
}

function runOn(worker: Worker, job: Job): Promise<CrowdOutcome> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (outcome: CrowdOutcome) => {
      worker.off('error', reject)
      resolve(outcome)
    })
    worker.postMessage(job)
  })
}

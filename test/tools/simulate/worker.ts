import { parentPort } from 'node:worker_threads'
import type { Job } from './jobs.ts'
import { simulate } from './model.ts'

parentPort?.on('message', ({ setting, policy, seed }: Job) => {
  parentPort?.postMessage(simulate(setting, policy, seed))
})

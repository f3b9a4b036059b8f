import { availableParallelism } from 'node:os'
import type { ProjectConfig } from 'vitest/node'

/**
 * Tests are imported by Node itself, which reads our TypeScript as it is: Vite would transform each file first, and costs a
 * quarter of the run. `vitest` without `run` watches, and needs Vite to know which tests a changed file touches.
 */
export const isWatching = !process.argv.includes('run')

/** It analyses every regular expression of the source, and loads Vite to find them: a second of each `npm run test:unit`. */
export const slowHouseTest = 'test/patterns.test.ts'

/**
 * Pure code: no sockets, no waiting; the limit only ends what hangs, with all repetitions (`npm test`) too. Files share a
 * process: importing the same modules again for each file was half of the work.
 */
export const unit: ProjectConfig = {
  name: 'unit',
  include: ['test/{shared,edge,origin,tools}/**/*.test.ts', 'test/*.test.ts'],
  exclude: [slowHouseTest],
  isolate: false,
  setupFiles: ['./test/kit/run/seed-properties.ts'],
  // with more processes than cores, each would import all modules again
  maxWorkers: availableParallelism(),
  experimental: { viteModuleRunner: isWatching },
  testTimeout: 300_000,
}

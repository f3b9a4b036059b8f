import { relative } from 'node:path'
import fc from 'fast-check'
import { expect } from 'vitest'
import '../base/equal-bytes.ts'
import { isThorough } from '../base/repetitions.ts'
import { repo } from '../process/process.ts'
import { replayCommand, seedOf } from './property-seed.ts'

/** Before each file of a project with properties: they run with one seed, and a failed one says how to run it again. */
const seed = seedOf(process.env.FC_SEED)
fc.configureGlobal({
  ...(seed !== undefined && { seed }),
  // of those that do not say it themselves by `repetitions`
  numRuns: isThorough ? 100 : 30,
  reporter(details) {
    if (!details.failed) return
    const file = relative(repo, expect.getState().testPath ?? '')
    throw new Error(
      `${fc.defaultReportMessage(details)}\n\nRun it again: ${replayCommand(details.seed, file, process.env)}`,
      { cause: details.errorInstance },
    )
  },
})

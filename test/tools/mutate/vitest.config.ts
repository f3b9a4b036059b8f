import { dirname, join } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import { repo } from '../../kit/process/process.ts'
import { readPlan } from './plan.ts'

const { tests, homes, pass, fromStart } = readPlan()
const isHome = (test: string) => Object.values(homes).includes(dirname(test))
const files = fromStart === 0 && !pass.isHome ? tests : tests.filter(isHome)

/** Tests of the folder itself come first: they kill most mutants, and are the fastest. */
class NearFirst extends BaseSequencer {
  override async sort(specifications: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ moduleId }: TestSpecification) => files.findIndex((file) => moduleId.endsWith(file))
    return specifications.toSorted((a, b) => place(a) - place(b))
  }
}

export default defineConfig({
  root: repo,
  test: {
    include: [...files],
    runner: join(import.meta.dirname, 'runner.ts'),
    sequence: { sequencer: NearFirst },
    isolate: false,
    pool: 'forks',
    maxWorkers: 1,
    bail: fromStart === 0 ? 0 : 1,
    experimental: { viteModuleRunner: false },
    // the runner has its own patience
    testTimeout: 3_600_000,
    reporters: ['dot'],
    // they are verdicts
    onUnhandledError: () => false,
  },
})

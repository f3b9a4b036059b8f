import { readFileSync } from 'node:fs'
import type { MutatedFile } from './mutants.ts'

/** What the process that runs tests is told, in a file that the environment names. */
export interface MutationPlan {
  files: readonly MutatedFile[]
  /** mutants that are decided already: the process was started again */
  done: readonly number[]
  /** tests of the folder itself; others are far */
  near: readonly string[]
  far: readonly string[]
  /** where lines of JSON are added: a {@link Verdict} each */
  log: string
  /** the mutant that lives from the first import on: code that runs once; 0: each by itself */
  fromStart: number
}

/** What became of a mutant. */
export type MutantVerdict =
  /** it is about to be tried: if nothing follows, it hangs */
  | { id: number; is: 'tried' }
  | { id: number; is: 'killed'; by: string }
  | { id: number; is: 'survived' }
  /** it is asked for while modules are imported */
  | { id: number; is: 'static' }

export const planVariable = 'MUTATION_PLAN'

export const readPlan = (): MutationPlan => JSON.parse(readFileSync(process.env[planVariable] ?? '', 'utf8'))

import { readFileSync } from 'node:fs'
import type { MutatedFile } from './mutants.ts'

/** Which tests are asked about a mutant. ms are of the processor: the machine may be busy. */
export interface Pass {
  /** those about its file alone, or the others too */
  isHome: boolean
  /** ms that a test takes at most */
  testMsMax: number
  /** ms that a mutant takes at most in the tests that do not notice it */
  mutantMsMax: number
}

/** ms of a test about the file itself up to which it was asked before all others */
export const homeMsMax = 200

/** What the process that runs tests is told, in a file that the environment names. */
export interface MutationPlan {
  files: readonly MutatedFile[]
  /** mutants that are decided already: an earlier process did */
  done: readonly number[]
  /** full names of tests that are not run: an earlier process tried all mutants by them, or they take too long */
  over: readonly string[]
  /** files of tests, in the order in which they run */
  tests: readonly string[]
  /** by mutated file: the folder of the tests that are about it */
  homes: Readonly<Record<string, string>>
  pass: Pass
  /** where lines of JSON are added, a {@link Verdict} each */
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

/** What became of a test. */
export type TestVerdict =
  | { test: string; is: 'began' }
  /** all mutants that it reaches were tried. ms: of the processor, without a mutant */
  | { test: string; is: 'over'; ms: number }
  | { test: string; is: 'long'; ms: number }
  /** it fails without a mutant too, so it says nothing */
  | { test: string; is: 'failed' }
  /** it fails after these mutants even without one: what they left behind may be what it noticed */
  | { test: string; is: 'tainted'; ids: readonly number[] }

/** What a worker tells; its process id before each file of tests. */
export type Verdict = { worker: number } | MutantVerdict | TestVerdict

export const planVariable = 'MUTATION_PLAN'

export const readPlan = (): MutationPlan => JSON.parse(readFileSync(process.env[planVariable] ?? '', 'utf8'))

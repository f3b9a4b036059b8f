import { existsSync, globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { repo } from '../../kit/process/process.ts'
import type { Target } from './target.ts'

/** Where the inputs of a target are kept, a file each. */
export const corpusFolder = (name: string): string => join(repo, 'test/tools/fuzz/corpus', name)

/** inputs that a target's generator adds to its corpus */
const invented = 12

/** The inputs that a target begins with; equal in every run with the same seed. */
export function corpusOf({ name, invent }: Target, seed: number): Uint8Array[] {
  const folder = corpusFolder(name)
  const files = existsSync(folder) ? globSync('*', { cwd: folder }).toSorted() : []
  const kept = files.map((file) => Uint8Array.from(readFileSync(join(folder, file))))
  return [...kept, ...(invent ? fc.sample(invent, { seed, numRuns: invented }) : [])]
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from './process.ts'

/** A file of test/fixtures; its README says how each was made. */
export const fixture = (name: string): Uint8Array => readFileSync(join(repo, 'test/fixtures', name))

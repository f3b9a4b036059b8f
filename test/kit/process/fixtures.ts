import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from './process.ts'

/** A file of test/fixtures; its README says how each was made. */
export const fixture = (name: string): Buffer => readFileSync(join(repo, 'test/fixtures', name))

/** The offsets at which a pattern stands. */
export function placesOf(pattern: Uint8Array | string, bytes: Uint8Array): number[] {
  const found: number[] = []
  const buffer = Buffer.from(bytes)
  for (let at = buffer.indexOf(pattern); at >= 0; at = buffer.indexOf(pattern, at + 1)) found.push(at)
  return found
}

/** Where pages, and Clusters, begin, found without our parsers; the fixtures hold no such bytes by chance. */
export const pagesOf = (bytes: Uint8Array) => placesOf('OggS', bytes)
export const clustersOf = (bytes: Uint8Array) => placesOf(clusterId, bytes)
export const clusterId = Buffer.from('1f43b675', 'hex')

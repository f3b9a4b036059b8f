import { expect } from 'vitest'
import { clustersOf, pagesOf } from '../process/fixtures.ts'

/**
 * Expects of each of the others that it has the beginning of the whole, up to some page or Cluster, and then a stretch of
 * it without gap or repeat, to its own end.
 */
export function expectSameStream(whole: Uint8Array, ...others: Uint8Array[]): void {
  const all = Buffer.from(whole)
  for (const other of others.map((bytes) => Buffer.from(bytes))) {
    const end = all.lastIndexOf(other.subarray(-1000)) + 1000
    expect(end, 'the end of one listener is in what another heard').toBeGreaterThan(1000)
    const from = beginsOf(other).find((at) =>
      other.subarray(at).equals(all.subarray(end - other.length + at, end)),
    )
    expect(from, 'a page or Cluster from which on it is what another heard').toBeDefined()
    expect(other.subarray(0, from).equals(all.subarray(0, from)), `a header of ${from} bytes`).toBe(true)
  }
}

const beginsOf = (bytes: Buffer) => [0, ...pagesOf(bytes), ...clustersOf(bytes)].sort((a, b) => a - b)

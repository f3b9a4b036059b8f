import { deepStrictEqual } from 'node:assert/strict'
import { cleanMetadata } from '../../../../origin/icy/clean.ts'
import { decodeMetadata, encodeMetadata } from '../../../../origin/icy/metadata.ts'
import type { Target } from '../target.ts'

export const icyMetadata: Target = {
  name: 'icy-metadata',
  about: 'blocks of ICY metadata: a title decoded, encoded and decoded is the same title',
  files: 'origin/icy/',
  tokens: ["StreamTitle='", "';", "StreamUrl='", "'", '\0', ';', '\u00fc', '\u2019', '\r\n'],
  read: (input) => void decodeMetadata(input),
  check(input) {
    const decoded = decodeMetadata(input)
    if (!decoded) return
    const told = cleanMetadata(decoded)
    const block = encodeMetadata(told)
    if (block.length !== 1 + 16 * (block[0] ?? 0))
      throw new Error(`a block of ${block.length} bytes says ${block[0]}`)
    const once = decodeMetadata(block.subarray(1))
    const twice = once && decodeMetadata(encodeMetadata(once).subarray(1))
    deepStrictEqual(twice, once, 'encoded and decoded again')
  },
}

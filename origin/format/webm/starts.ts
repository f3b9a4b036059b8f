import { formatLimits } from '../limits.ts'
import { type ElementHead, ids, readElementHead } from './ebml.ts'

const ebmlMagic = [0x1a, 0x45, 0xdf, 0xa3] as const
const clusterMagic = [0x1f, 0x43, 0xb6, 0x75] as const
/** children of an EBML element (RFC 8794 §11.2.2 to §11.2.8) */
const ebmlChildren = new Set([0x4286, 0x42f7, 0x42f2, 0x42f3, 0x4282, 0x4287, 0x4285])
/** number elements that a Cluster can begin with: timestamp, position, or previous size */
const firstNumbers: ReadonlySet<number> = new Set([ids.timestamp, 0xa7, 0xab])

/** Where a header or a Cluster begins in arbitrary bytes. */
export interface Start {
  /** no byte before this offset begins one */
  at: number
  /** `short`: more bytes are needed to decide */
  state: 'header' | 'cluster' | 'short' | 'none'
}

/** Finds the first header or Cluster that begins in this range; examines each byte a bounded number of times. */
export function findStart(bytes: Uint8Array, from: number, to: number): Start {
  for (let at = from; at < to; at++) {
    const byte = bytes[at]
    if (byte !== ebmlMagic[0] && byte !== clusterMagic[0]) continue
    const state = byte === ebmlMagic[0] ? headerAt(bytes, at) : clusterAt(bytes, at)
    if (state !== 'none') return { at, state }
  }
  return { at: to, state: 'none' }
}

function headerAt(bytes: Uint8Array, at: number): Start['state'] {
  const head = headAt(bytes, at, ebmlMagic)
  if (typeof head === 'string') return head
  if (head.size === undefined || head.size > formatLimits.ebmlBytesMax) return 'none'
  const child = readElementHead(bytes, at + head.length)
  if (child === 'short') return 'short'
  return child && (ebmlChildren.has(child.id) || isFiller(child)) ? 'header' : 'none'
}

/**
 * Checks for a Cluster, which begins with its timestamp, or a checksum, filler, position or previous size before it.
 */
function clusterAt(bytes: Uint8Array, at: number): Start['state'] {
  const head = headAt(bytes, at, clusterMagic)
  if (typeof head === 'string') return head
  const child = readElementHead(bytes, at + head.length)
  if (child === 'short') return 'short'
  return child && (isNumber(child) || isFiller(child)) ? 'cluster' : 'none'
}

const isNumber = ({ id, size = 0 }: ElementHead) => firstNumbers.has(id) && size > 0 && size <= 8
/** a four-byte checksum, or filler of any size */
const isFiller = ({ id, size }: ElementHead) =>
  (id === 0xbf && size === 4) || (id === 0xec && size !== undefined)

function headAt(bytes: Uint8Array, at: number, magic: readonly number[]) {
  for (let i = 1; i < magic.length; i++) {
    if (at + i >= bytes.length) return 'short'
    if (bytes[at + i] !== magic[i]) return 'none'
  }
  return readElementHead(bytes, at) ?? 'none'
}

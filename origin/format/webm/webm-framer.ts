import { joined } from '../../../shared/joined.ts'
import { Cutting } from '../cutting.ts'
import { type Cut, type Framer, Pending } from '../framer.ts'
import { FormatError, formatLimits } from '../limits.ts'
import { type ElementHead, elementIds, laterIds, readElementHead } from './ebml.ts'

/**
 * WebM and Matroska: all before the first Cluster is the header, every Cluster is a place to begin.
 *
 *   [ EBML | Segment: Info, Tracks, … | Cluster: block, block, … | Cluster … | EBML | … ]
 *     the header, held until it is whole ^ frame                   ^ frame     the next header
 *
 * Segments and Clusters are stepped into, whatever size they claim, so those of unknown size need no special case.
 * After noise, bytes are left out up to the next Cluster or header.
 */
export class WebmFramer implements Framer {
  readonly kbps = 0
  readonly hasFrames = true
  readonly isContainer = true
  #pending = new Pending()
  /** bytes of the current element that pass unread */
  #left = 0
  /** bytes left out since the last that could be understood */
  #skipped = 0
  /** the pieces of a header that is not whole yet; undefined outside of one */
  #header: Uint8Array[] | undefined
  #headerBytes = 0
  /** `found` where the next element stands right here; else what is looked for, a header being as good as a Cluster */
  #sync: 'header' | 'cluster' | 'found' = 'header'
  #cutting = new Cutting()
  #hasHeader = false

  get length(): number {
    return this.#cutting.length + (this.#header ? this.#headerBytes : 0) + this.#pending.length
  }

  peek(): Uint8Array {
    return joined([...this.#cutting.pieces, ...(this.#header ?? []), this.#pending.bytes])
  }

  push(bytes: Uint8Array): void {
    this.#pending.append(bytes)
    let at = 0
    for (;;) {
      const taken = this.#step(this.#pending.bytes.subarray(at))
      if (taken === 0) break
      at += taken
    }
    this.#pending.drop(at)
  }

  take(): Cut {
    return this.#cutting.take()
  }

  takeAll(): Cut {
    return this.take()
  }

  /** Takes in what stands first in the bytes; returns how many it took, 0 where it needs more. */
  #step(held: Uint8Array): number {
    if (held.length === 0) return 0
    if (this.#left > 0) return this.#pass(held)
    if (this.#sync !== 'found') return this.#seek(held)
    const head = readElementHead(held)
    if (head === 'short') return 0
    if (!head || !isPlausible(head, this.#header !== undefined)) {
      this.#lose()
      return this.#seek(held)
    }
    this.#enter(head)
    return this.#pass(held)
  }

  #enter({ id, size = 0, length }: ElementHead): void {
    if (id === elementIds.ebml) {
      this.#header = []
      this.#headerBytes = 0
    }
    if (id === elementIds.cluster) this.#beginCluster()
    const isParent = id === elementIds.segment || id === elementIds.cluster
    this.#left = isParent ? length : length + size
  }

  #beginCluster(): void {
    if (this.#header) {
      const bytes = joined(this.#header)
      this.#header = undefined
      this.#hasHeader = true
      this.#put(bytes)
      this.#cutting.markHeader(bytes, undefined)
    }
    this.#cutting.markFrame()
  }

  /** Bytes that are part of the stream: of its header, or of what follows. */
  #pass(held: Uint8Array): number {
    const bytes = held.slice(0, this.#left)
    this.#left -= bytes.length
    if (!this.#header) {
      this.#put(bytes)
      return bytes.length
    }
    this.#headerBytes += bytes.length
    if (this.#headerBytes > formatLimits.headerBytesMax)
      throw new FormatError(`a WebM header beyond ${formatLimits.headerBytesMax} bytes`)
    this.#header.push(bytes)
    return bytes.length
  }

  /** Clusters go on under the header that we have, but not where it was the next one that broke off. */
  #lose(): void {
    this.#sync = this.#hasHeader && !this.#header ? 'cluster' : 'header'
    this.#header = undefined
  }

  /** Leaves out what comes before the next place that can be understood. */
  #seek(held: Uint8Array): number {
    const start = nextStart(held, this.#sync === 'cluster')
    const head = start === 0 ? readStart(held) : undefined
    if (head === 'short') return 0
    if (head) {
      this.#sync = 'found'
      this.#skipped = 0
      this.#enter(head)
      return this.#pass(held)
    }
    const skipped = Math.max(1, start)
    this.#skipped += skipped
    if (this.#skipped > formatLimits.noiseBytesMax)
      throw new FormatError(`${formatLimits.noiseBytesMax} bytes in a row that are no WebM`)
    return skipped
  }

  #put(bytes: Uint8Array): void {
    this.#cutting.add(bytes)
  }
}

/** Noise looks like small elements easily: behind the header only what may stand there is taken for one. */
function isPlausible({ id, size }: ElementHead, inHeader: boolean): boolean {
  if (id === elementIds.segment || id === elementIds.cluster) return true
  if (size === undefined || size > formatLimits.elementBytesMax) return false
  return inHeader || id === elementIds.ebml || laterIds.has(id)
}

const headerMagic = [0x1a, 0x45, 0xdf, 0xa3]
const clusterMagic = [0x1f, 0x43, 0xb6, 0x75]
/** what a Cluster begins with: its timestamp, or a checksum, filler, position or size before that */
const firstChildren = new Set([0xe7, 0xbf, 0xec, 0xa7, 0xab])

/** The first offset at which a header or, where wanted, a Cluster may begin, judged by the bytes that are there. */
function nextStart(bytes: Uint8Array, clustersToo: boolean): number {
  const begins = (magic: readonly number[], at: number) =>
    magic.every((byte, i) => at + i >= bytes.length || bytes[at + i] === byte)
  const start = bytes.findIndex(
    (_, at) => begins(headerMagic, at) || (clustersToo && begins(clusterMagic, at)),
  )
  return start < 0 ? bytes.length : start
}

/** The head of a header or Cluster that stands at the beginning, and is followed by what such a one is followed by. */
function readStart(bytes: Uint8Array): ElementHead | 'short' | undefined {
  const head = readElementHead(bytes)
  if (!head || head === 'short' || head.id === elementIds.ebml) return head
  const child = bytes[head.length]
  if (child === undefined) return 'short'
  return firstChildren.has(child) ? head : undefined
}

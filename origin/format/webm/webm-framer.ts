import { Cutting } from '../cutting.ts'
import { type Cut, type Framer, Pending } from '../framer.ts'
import { FormatError, formatLimits } from '../limits.ts'
import { type BlockHead, BlockTimes, blockHeadBytes, readBlockHead } from './block-times.ts'
import { type ElementHead, groupIds, ids, laterIds, readElementHead, readNumber } from './ebml.ts'
import { findStart } from './starts.ts'
import { type Timing, timingOf } from './tracks.ts'

/** parents that are stepped into, whatever size they claim */
const parents: ReadonlySet<number> = new Set([ids.segment, ids.cluster, ids.group])
/** elements of which the beginning is read */
const told: ReadonlySet<number> = new Set([ids.timestamp, ids.simpleBlock, ids.block, ids.blockDuration])
/** filler and checksums, which stand in any parent */
const fillers: ReadonlySet<number> = new Set([0xec, 0xbf])

/**
 * WebM and Matroska: all before the first Cluster is the header, and a Cluster is a place to begin; where there is video,
 * one whose first picture is a key frame.
 *
 *   [ EBML | Segment: Info, Tracks, … | Cluster: block, block, … | Cluster … | EBML | … ]
 *     the header, held until it is whole ^ frame                   ^ frame     the next header
 *
 * Segments, Clusters and groups of blocks are stepped into, whatever size they claim, so those of unknown size need no
 * special case. An element that is not known is passed over by its size (RFC 8794 §6.2), once what follows it shows that
 * it was one. After noise, and within an element that is cut short, the next Cluster or header is looked for.
 */
export class WebmFramer implements Framer {
  readonly format = 'webm'
  readonly kbps = 0
  readonly hasFrames = true
  readonly isContainer = true
  readonly sound = undefined
  readonly #times = new BlockTimes()
  #pending = new Pending()
  #cutting = new Cutting()
  /** bytes of the current element that pass */
  #left = 0
  /** none of them has passed yet */
  #isFresh = false
  /** bytes of the pending ones in which no start was found */
  #searched = 0
  /** bytes left out since the last that could be understood */
  #skipped = 0
  /** a header that is not whole yet; undefined outside of one */
  #header: Pending | undefined
  /** a Cluster of which it is not known yet whether a listener may begin with it; undefined outside of one */
  #undecided: Pending | undefined
  #keyless = 0
  #inGroup = false
  /** the first picture of an undecided Cluster came in a group: a reference to another one would follow in it */
  #keyIfGroupEnds = false
  /** `found` where the next element stands right here; else what is looked for, a header being as good as a Cluster */
  #sync: 'header' | 'cluster' | 'found' = 'header'
  #timing: Timing | undefined

  get length(): number {
    return (
      this.#cutting.length +
      (this.#header?.length ?? 0) +
      (this.#undecided?.length ?? 0) +
      this.#pending.length
    )
  }

  get isFound(): boolean {
    return this.#header !== undefined || this.#timing !== undefined
  }

  /** ms that all blocks so far play */
  get playedMs(): number {
    return this.#times.playedMs
  }

  peek(): Uint8Array {
    const held = [this.#cutting.bytes, this.#header?.bytes, this.#undecided?.bytes, this.#pending.bytes]
    return Buffer.concat(held.filter((bytes) => bytes !== undefined))
  }

  push(bytes: Uint8Array): void {
    this.#pending.append(bytes)
    while (this.#step(this.#pending.bytes)) {
      // until more bytes are needed
    }
  }

  take(): Cut {
    return this.#cutting.take()
  }

  takeAll(): Cut {
    if (this.#left > 0) this.#pass(this.#left)
    this.#decide(false)
    return this.take()
  }

  /** Takes in what stands first in the bytes; false where it needs more. */
  #step(held: Uint8Array): boolean {
    if (held.length === 0) return false
    if (this.#left > 0) return this.#passElement(held)
    if (this.#sync !== 'found') return this.#seek(held)
    const head = readElementHead(held)
    if (head === 'short') return false
    if (!head || !isPossible(head)) return this.#lose()
    if (!this.#isKnown(head.id)) return this.#passUnknown(held, head)
    if (told.has(head.id) && !this.#header) {
      const wanted = Math.min(head.size ?? 0, blockHeadBytes)
      if (held.length < head.length + wanted) return false
      this.#tell(head.id, held.subarray(head.length, head.length + wanted))
    }
    this.#enter(head)
    return true
  }

  #isKnown(id: number): boolean {
    if (id === ids.ebml || id === ids.segment || id === ids.cluster || this.#header) return true
    return laterIds.has(id) || (this.#inGroup && groupIds.has(id))
  }

  #enter({ id, size = 0, length }: ElementHead): void {
    if (!groupIds.has(id) && !fillers.has(id)) {
      if (this.#keyIfGroupEnds) this.#decide(true)
      this.#inGroup = id === ids.group
    }
    if (id === ids.reference && this.#keyIfGroupEnds) this.#decide(false)
    if (id === ids.ebml) {
      this.#decide(false)
      this.#header = new Pending()
    }
    if (id === ids.cluster) this.#beginCluster()
    this.#left = parents.has(id) ? length : length + size
    this.#isFresh = true
  }

  #beginCluster(): void {
    this.#decide(false)
    if (this.#header) {
      const bytes = this.#header.shift(this.#header.length)
      this.#header = undefined
      this.#timing = timingOf(bytes)
      this.#times.begin(this.#timing)
      this.#keyless = 0
      this.#cutting.add(bytes)
      this.#cutting.markHeader(bytes, undefined)
    }
    if (this.#hasVideo) this.#undecided = new Pending()
    else this.#cutting.markFrame()
  }

  get #hasVideo(): boolean {
    for (const { isVideo } of this.#timing?.tracks.values() ?? []) if (isVideo) return true
    return false
  }

  /** Lets out a Cluster that was held, and the place at which it begins where a listener may begin there. */
  #decide(isStart: boolean): void {
    const held = this.#undecided
    this.#keyIfGroupEnds = false
    if (!held) return
    this.#undecided = undefined
    if (isStart || this.#keyless >= formatLimits.keylessClustersMax) this.#cutting.markFrame()
    this.#keyless = isStart ? 0 : this.#keyless + 1
    this.#cutting.add(held.bytes)
  }

  /** Reads the beginning of an element that says when it plays. */
  #tell(id: number, content: Uint8Array): void {
    if (id === ids.timestamp) this.#times.cluster(readNumber(content.subarray(0, 8)))
    else if (id === ids.blockDuration) this.#times.duration(readNumber(content.subarray(0, 8)))
    else this.#tellBlock(id, readBlockHead(content))
  }

  #tellBlock(id: number, block: BlockHead | undefined): void {
    if (!block) return
    this.#times.block(block)
    if (!this.#undecided || this.#timing?.tracks.get(block.track)?.isVideo !== true) return
    if (id === ids.block) this.#keyIfGroupEnds = true
    else this.#decide(block.isKey)
  }

  /** Bytes of the current element go on; one that was cut short ends where the next header or Cluster begins in it. */
  #passElement(held: Uint8Array): boolean {
    const end = Math.min(this.#left, held.length)
    if (this.#header) return this.#pass(end)
    const { at, state } = findStart(held, this.#isFresh ? 1 : 0, end)
    const hasPassed = this.#pass(at)
    if (state === 'header' || state === 'cluster') this.#left = 0
    return state !== 'short' && (hasPassed || this.#left === 0)
  }

  #pass(count: number): boolean {
    const bytes = this.#pending.bytes.subarray(0, count)
    this.#left -= bytes.length
    this.#isFresh = false
    this.#put(bytes)
    this.#pending.drop(bytes.length)
    return bytes.length > 0
  }

  /** An element that is not known goes on once another stands behind it; else it was noise. */
  #passUnknown(held: Uint8Array, head: ElementHead): boolean {
    const end = head.length + (head.size ?? 0)
    const { at, state } = findStart(held, Math.max(1, this.#searched), Math.min(end, held.length))
    this.#searched = at
    if (state === 'header' || state === 'cluster') return this.#lose()
    const next = held.length > end && state === 'none' ? readElementHead(held, end) : 'short'
    if (next === 'short') return false
    if (!next || !isPossible(next)) return this.#lose()
    this.#searched = 0
    this.#left = end
    return this.#pass(end)
  }

  /** Clusters go on under the header that we have, but not where it was the next one that broke off. */
  #lose(): boolean {
    this.#decide(false)
    this.#sync = this.#timing && !this.#header ? 'cluster' : 'header'
    this.#header = undefined
    this.#inGroup = false
    this.#searched = Math.max(1, this.#searched)
    return true
  }

  /** Leaves out what comes before the next place that can be understood. */
  #seek(held: Uint8Array): boolean {
    const { at, state } = findStart(held, this.#searched, held.length)
    const isWanted = state === 'header' || (state === 'cluster' && this.#sync === 'cluster')
    this.#searched = state === 'cluster' && !isWanted ? 1 : 0
    this.#skip(at)
    this.#pending.drop(at)
    if (isWanted) {
      this.#sync = 'found'
      this.#skipped = 0
    }
    return isWanted || this.#searched > 0
  }

  #skip(count: number): void {
    this.#skipped += count
    const bytesMax = this.#timing ? formatLimits.lostBytesMax : formatLimits.noiseBytesMax
    if (this.#skipped > bytesMax) throw new FormatError(`${bytesMax} bytes in a row that are no WebM`)
  }

  /** Bytes that are part of the stream: of its header, of a Cluster that is not decided yet, or of what follows. */
  #put(bytes: Uint8Array): void {
    if (this.#header) {
      if (this.#header.length + bytes.length > formatLimits.headerBytesMax)
        throw new FormatError(`a WebM header beyond ${formatLimits.headerBytesMax} bytes`)
      this.#header.append(bytes)
    } else if (this.#undecided) {
      this.#undecided.append(bytes)
      const { undecidedBytesMax, elementBytesMax } = formatLimits
      const bytesMax = this.#keyIfGroupEnds ? elementBytesMax : undecidedBytesMax
      if (this.#undecided.length > bytesMax) this.#decide(false)
    } else this.#cutting.add(bytes)
  }
}

/** Whether an element may be so big; one other than Segment and Cluster has to say how big. */
function isPossible({ id, size }: ElementHead): boolean {
  if (id === ids.segment || id === ids.cluster || id === ids.group) return true
  return size !== undefined && size <= formatLimits.elementBytesMax
}

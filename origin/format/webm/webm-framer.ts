import { Cutting } from '../cutting.ts'
import { type Cut, type Framer, Pending } from '../framer.ts'
import { FormatError, formatLimits } from '../limits.ts'
import { type BlockHead, BlockTimes, blockHeadBytes, readBlockHead } from './block-times.ts'
import { type ElementHead, groupIds, ids, laterIds, readElementHead, readNumber } from './ebml.ts'
import { findStart } from './starts.ts'
import { type Timing, timingOf } from './tracks.ts'

/** parent elements whose children are parsed, whatever size they claim */
const parents: ReadonlySet<number> = new Set([ids.segment, ids.cluster, ids.group])
/** elements whose first bytes are read */
const told: ReadonlySet<number> = new Set([ids.timestamp, ids.simpleBlock, ids.block, ids.blockDuration])
/** filler and checksums, allowed in any parent */
const fillers: ReadonlySet<number> = new Set([0xec, 0xbf])

/**
 * WebM and Matroska: everything before the first Cluster is the header. A listener can begin at a Cluster; in a stream
 * with video, only at a Cluster whose first picture is a key frame.
 *
 *   [ EBML | Segment: Info, Tracks, … | Cluster: block, block, … | Cluster … | EBML | … ]
 *     the header, held until it is whole ^ frame                   ^ frame     the next header
 *
 * Segments, Clusters and block groups are parsed into, whatever size they claim, so unknown sizes need no special case.
 * An unknown element is skipped by its size (RFC 8794 §6.2), once the element after it confirms that size. After noise,
 * and within a truncated element, the framer searches for the next Cluster or header.
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
  /** bytes of the current element still to pass on */
  #left = 0
  /** no byte of the current element has been passed on yet */
  #isFresh = false
  /** pending bytes already searched without finding a start */
  #searched = 0
  /** bytes skipped since the last that could be parsed */
  #skipped = 0
  /** an incomplete header; undefined outside a header */
  #header: Pending | undefined
  /** a Cluster that may or may not be a starting point; undefined outside such a Cluster */
  #undecided: Pending | undefined
  #keyless = 0
  #inGroup = false
  /**
   * the first picture of an undecided Cluster came in a block group: a reference to another picture would still follow
   */
  #keyIfGroupEnds = false
  /** `found` if the next element begins right here; else what is searched for ('cluster' also accepts a header) */
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

  /** total duration of all blocks so far, in ms */
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

  /** Consumes the next element; false if more bytes are needed. */
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

  /** Releases a held Cluster, and marks its offset as a starting point if a listener can begin there. */
  #decide(isStart: boolean): void {
    const held = this.#undecided
    this.#keyIfGroupEnds = false
    if (!held) return
    this.#undecided = undefined
    if (isStart || this.#keyless >= formatLimits.keylessClustersMax) this.#cutting.markFrame()
    this.#keyless = isStart ? 0 : this.#keyless + 1
    this.#cutting.add(held.bytes)
  }

  /** Reads the timing in the first bytes of an element. */
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

  /** Passes on bytes of the current element; a truncated element ends where a header or Cluster begins within it. */
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

  /** Passes on an unknown element if another element follows it; otherwise it was noise. */
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

  /** Searches for the next Cluster if its header is known, else (also after a truncated header) for the next header. */
  #lose(): boolean {
    this.#decide(false)
    this.#sync = this.#timing && !this.#header ? 'cluster' : 'header'
    this.#header = undefined
    this.#inGroup = false
    this.#searched = Math.max(1, this.#searched)
    return true
  }

  /** Skips bytes up to the next element that can be parsed. */
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
    if (this.#skipped > bytesMax) throw new FormatError(`${bytesMax} bytes in a row that are not WebM`)
  }

  /** Adds bytes to the part they belong to: a header, a Cluster that is not decided yet, or the output. */
  #put(bytes: Uint8Array): void {
    if (this.#header) {
      if (this.#header.length + bytes.length > formatLimits.headerBytesMax)
        throw new FormatError(`WebM header exceeds ${formatLimits.headerBytesMax} bytes`)
      this.#header.append(bytes)
    } else if (this.#undecided) {
      this.#undecided.append(bytes)
      const { undecidedBytesMax, elementBytesMax } = formatLimits
      const bytesMax = this.#keyIfGroupEnds ? elementBytesMax : undecidedBytesMax
      if (this.#undecided.length > bytesMax) this.#decide(false)
    } else this.#cutting.add(bytes)
  }
}

/** Whether an element may have this size; elements other than Segment, Cluster and block group must state one. */
function isPossible({ id, size }: ElementHead): boolean {
  if (id === ids.segment || id === ids.cluster || id === ids.group) return true
  return size !== undefined && size <= formatLimits.elementBytesMax
}

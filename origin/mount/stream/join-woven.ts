import type { Block, WovenChunk } from '../../icy/interleaver.ts'
import type { Queue } from './queue.ts'

/** zeros for what lies before the first frame: never more than a frame, in practice */
const silence = new Uint8Array(16_384)
/** bytes that are no audio and that every player skips: mpg123 1.31 gives up after so many */
const skippedBytesMax = 1024
/** bytes of an ID3v2 tag before what is in it */
const tagHeadBytes = 10

/** What a listener who begins in a woven stream gets at once. */
export interface Join {
  views: Uint8Array[]
  /** whether the current title is in it; else the next block has to say it */
  titled: boolean
}

/** Where a listener stands who comes from another stream. */
export interface Entering {
  /** bytes of audio between two blocks, as its head says */
  metaint: number
  /** bytes of audio that it has had since its last block */
  since: number
  /** bytes of the newest that are owed to it */
  owedBytes: number
  /** it begins at a frame or not at all */
  needsFrame: boolean
}

/**
 * A listener expects a block after every `metaint` bytes, so a new one begins right behind a block: the first within the
 * newest `bytesMax` bytes, else the newest. From there to the first frame it gets zeros in place of half a frame, and its
 * first block says the title, also where the others are told that nothing changed. Undefined where no block is held: the
 * stream has only just begun.
 */
export function joinWoven(queue: Queue<WovenChunk>, bytesMax: number): Join | undefined {
  const blocks = blocksIn(queue)
  if (blocks.length === 0) return { views: [], titled: false }
  const from = beginOf(offsetsIn(queue, blocks, 0), queue, bytesMax)
  return from === undefined ? undefined : compose(queue, blocks, from, frameFrom(queue, from))
}

/**
 * One who comes from another stream begins where what it is owed begins, or up to `metaint` bytes before, where this
 * stream has had as many bytes since its last block. Where none such is held, as in a stream that has only just begun,
 * it gets what players skip in place of the bytes that it lacks until there. Undefined where it needs a frame, and none
 * is known.
 */
export function enterWoven(queue: Queue<WovenChunk>, entering: Entering): Join | undefined {
  const { since, owedBytes, needsFrame } = entering
  const owedFrom = Math.max(queue.firstOffset, queue.endOffset - owedBytes)
  const frame = queue.frameFrom(owedFrom) ?? queue.newestFrame
  if (frame === undefined && needsFrame) return undefined
  const offset = frame ?? queue.burstOffset(owedBytes)
  const blocks = blocksIn(queue)
  const from = offsetsIn(queue, blocks, since).findLast((each) => each <= offset)
  return from === undefined
    ? padded(queue, blocks, offset, entering)
    : compose(queue, blocks, from, frameFrom(queue, from))
}

const blocksIn = (queue: Queue<WovenChunk>) => queue.chunks.flatMap((chunk) => chunk.blocks)

/** The offsets held that lie so many bytes behind a block. */
const offsetsIn = (queue: Queue<WovenChunk>, blocks: readonly Block[], since: number) =>
  blocks.map(({ offset, length }) => offset + length + since).filter((offset) => offset <= queue.endOffset)

/** Rather a offset with a frame behind it: where a feed paused within a frame, its next bytes begin with the rest. */
function beginOf(offsets: readonly number[], queue: Queue<WovenChunk>, bytesMax: number): number | undefined {
  const oldest = Math.max(queue.firstOffset, queue.endOffset - bytesMax)
  const { newestFrame = -1 } = queue
  const framed = offsets.filter((offset) => offset <= newestFrame)
  const usable = framed.length > 0 ? framed : offsets
  return usable.find((offset) => offset >= oldest) ?? usable.at(-1)
}

/** What players skip, for as many bytes as bring a listener's offset between two blocks to that of the stream here. */
function padded(
  queue: Queue<WovenChunk>,
  blocks: readonly Block[],
  offset: number,
  { metaint, since }: Entering,
): Join {
  const before = blocks.findLast((block) => block.offset + block.length <= offset)
  const next = blocks.find((block) => block.offset >= offset)
  const behind = before ? offset - before.offset - before.length : 0
  const phase = !before && next ? metaint - (next.offset - offset) : behind
  const { views, titled } = compose(queue, blocks, offset, offset)
  if (phase >= since) return { views: [filler(phase - since), ...views], titled }
  const left = metaint - since
  const skipped = filler(left + phase)
  const title = (before ?? blocks[0])?.title ?? Uint8Array.of(0)
  return { views: [skipped.subarray(0, left), title, skipped.subarray(left), ...views], titled: true }
}

/** The first frame from a offset on; else the end of what holds frames, as the next chunk begins with one; else the offset. */
function frameFrom(queue: Queue<WovenChunk>, offset: number): number {
  const hasFrames = queue.newestFrame !== undefined
  return queue.frameFrom(offset) ?? (hasFrames ? queue.endOffset : offset)
}

/** Zeros up to the frame, then audio; the blocks stay where they are, and the first one says the title. */
function compose(queue: Queue<WovenChunk>, blocks: readonly Block[], from: number, frame: number): Join {
  const views: Uint8Array[] = []
  let at = from
  for (const { offset, length, title } of blocks) {
    if (offset < from || length === 0) continue
    const isFirst = at === from
    if (!isFirst && at >= frame) break
    views.push(...audio(queue, at, offset, frame))
    at = offset + length
    views.push(...(isFirst ? [title] : queue.slice(offset, at)))
  }
  views.push(...audio(queue, at, queue.endOffset, frame))
  return { views, titled: at > from }
}

function audio(queue: Queue<WovenChunk>, from: number, to: number, frame: number): Uint8Array[] {
  const start = Math.max(from, Math.min(to, frame))
  return [...zeros(start - from), ...queue.slice(start, to)]
}

/** So many bytes that players skip: zeros, or where those are too many for some a tag with nothing but zeros in it (ID3v2.4 §3.1). */
function filler(count: number): Uint8Array {
  const bytes = new Uint8Array(count)
  if (count <= skippedBytesMax) return bytes
  const size = count - tagHeadBytes
  bytes.set([0x49, 0x44, 0x33, 4, 0, 0, ...[21, 14, 7, 0].map((bits) => (size >> bits) & 0x7f)])
  return bytes
}

function zeros(count: number): Uint8Array[] {
  const views: Uint8Array[] = []
  for (let left = count; left > 0; left -= silence.length) views.push(silence.subarray(0, left))
  return views
}

import type { Block, WovenChunk } from '../../icy/interleaver.ts'
import type { Queue } from './queue.ts'

/** zeros that replace bytes before the first frame: in practice never more than a frame */
const silence = new Uint8Array(16_384)
/** non-audio bytes that every player skips: mpg123 1.31 gives up after this many */
const skippedBytesMax = 1024
/** bytes of an ID3v2 tag's header */
const tagHeadBytes = 10

/** The bytes that a new listener of a woven stream gets at once. */
export interface Join {
  views: Uint8Array[]
  /** whether they contain the current title; else the next block must carry it */
  titled: boolean
}

/** Position of a listener that comes from another stream. */
export interface Entering {
  /** bytes of audio between two blocks, as its head announced */
  metaint: number
  /** bytes of audio since its last block */
  since: number
  /** number of newest bytes owed to it */
  owedBytes: number
  /** whether it must begin at a frame */
  needsFrame: boolean
}

/**
 * A listener expects a block after every `metaint` bytes, so a new one begins right behind a block: the first within
 * the newest `bytesMax` bytes, else the newest. Up to the first frame it gets zeros instead of half a frame. Its first
 * block carries the title, even where other listeners are told that nothing changed. Undefined if no block is held,
 * because the stream has only just begun.
 */
export function joinWoven(queue: Queue<WovenChunk>, bytesMax: number): Join | undefined {
  const blocks = blocksIn(queue)
  if (blocks.length === 0) return { views: [], titled: false }
  const from = beginOf(offsetsIn(queue, blocks, 0), queue, bytesMax)
  return from === undefined ? undefined : compose(queue, blocks, from, frameFrom(queue, from))
}

/**
 * A listener from another stream begins where the bytes owed to it begin, or up to `metaint` bytes before, at an offset
 * with as many bytes since the last block as the listener has had. If there is none, as in a stream that has only just
 * begun, the missing bytes are filled with data that players skip. Undefined if it needs a frame and none is known.
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

/** The held offsets that lie this many bytes behind a block. */
const offsetsIn = (queue: Queue<WovenChunk>, blocks: readonly Block[], since: number) =>
  blocks.map(({ offset, length }) => offset + length + since).filter((offset) => offset <= queue.endOffset)

/**
 * Prefers an offset with a frame after it: if a feed paused within a frame, its next bytes begin with the rest of that
 * frame.
 */
function beginOf(offsets: readonly number[], queue: Queue<WovenChunk>, bytesMax: number): number | undefined {
  const oldest = Math.max(queue.firstOffset, queue.endOffset - bytesMax)
  const { newestFrame = -1 } = queue
  const framed = offsets.filter((offset) => offset <= newestFrame)
  const usable = framed.length > 0 ? framed : offsets
  return usable.find((offset) => offset >= oldest) ?? usable.at(-1)
}

/** Filler that players skip, long enough to align the listener's metadata interval with the stream's. */
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

/**
 * First frame at or after an offset; if frames are known but none follows, the end, where the next chunk begins with
 * one; else the offset.
 */
function frameFrom(queue: Queue<WovenChunk>, offset: number): number {
  const hasFrames = queue.newestFrame !== undefined
  return queue.frameFrom(offset) ?? (hasFrames ? queue.endOffset : offset)
}

/** Zeros up to the frame, then audio; blocks stay where they are, and the first one carries the title. */
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

/**
 * This many bytes that players skip: zeros, or, if some players would not skip so many, a tag filled with zeros
 * (ID3v2.4 §3.1).
 */
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

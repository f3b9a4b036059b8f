import type { Queue } from '../mount/queue.ts'
import type { Block, WovenChunk } from './interleaver.ts'

/** zeros for what lies before the first frame: never more than a frame, in practice */
const silence = new Uint8Array(16_384)

/** What a listener who begins in a woven stream gets at once. */
export interface Join {
  views: Uint8Array[]
  /** whether the current title is in it; else the next block has to say it */
  titled: boolean
}

/** Where a listener stands who wants to begin. */
export interface Joining {
  /** bytes of the newest that it gets at most, as far as that can be kept */
  bytesMax: number
  /** bytes of audio that it has had since its last block */
  since: number
  /** it comes from another stream, and can begin nowhere but at a frame, if the stream has any */
  atFrame: boolean
}

/**
 * A listener expects a block after every `metaint` bytes, so it begins at a place that lies as far behind a block as it
 * stands itself: the first such place within the newest `bytesMax` bytes, else the newest. From there to the first frame
 * it gets zeros in place of half a frame, and its first block says the title, also where the others are told that nothing
 * changed. Undefined where no such place is held: the stream has only just begun.
 */
export function joinWoven(queue: Queue<WovenChunk>, joining: Joining): Join | undefined {
  const { since, atFrame } = joining
  const blocks = queue.chunks.flatMap((chunk) => chunk.blocks)
  if (blocks.length === 0 && !atFrame) return { views: [], titled: false }
  const places = blocks
    .map(({ place, length }) => place + length + since)
    .filter((place) => place <= queue.endPlace)
  const from = beginOf(places, queue, joining)
  if (from === undefined) return undefined
  const ahead = blocks.filter(({ place, length }) => place >= from && length > 0)
  return compose(queue, ahead, from, frameFrom(queue, from))
}

/** Rather a place with a frame behind it: where a feed paused within a frame, its next bytes begin with the rest. */
function beginOf(
  places: readonly number[],
  queue: Queue<WovenChunk>,
  { bytesMax, atFrame }: Joining,
): number | undefined {
  const oldest = Math.max(queue.firstPlace, queue.endPlace - bytesMax)
  const { newestFrame = -1 } = queue
  const framed = places.filter((place) => place <= newestFrame)
  const usable = framed.length > 0 || atFrame ? framed : places
  return usable.find((place) => place >= oldest) ?? usable.at(-1)
}

/** The first frame from a place on; else the end of what holds frames, as the next chunk begins with one; else the place. */
function frameFrom(queue: Queue<WovenChunk>, place: number): number {
  const hasFrames = queue.newestFrame !== undefined
  return queue.frameFrom(place) ?? (hasFrames ? queue.endPlace : place)
}

/** Zeros up to the frame, then audio; the blocks stay where they are, and the first one says the title. */
function compose(queue: Queue<WovenChunk>, blocks: readonly Block[], from: number, frame: number): Join {
  const views: Uint8Array[] = []
  let at = from
  for (const { place, length, title } of blocks) {
    const isFirst = at === from
    if (!isFirst && at >= frame) break
    views.push(...audio(queue, at, place, frame))
    at = place + length
    views.push(...(isFirst ? [title] : queue.slice(place, at)))
  }
  views.push(...audio(queue, at, queue.endPlace, frame))
  return { views, titled: at > from }
}

function audio(queue: Queue<WovenChunk>, from: number, to: number, frame: number): Uint8Array[] {
  const start = Math.max(from, Math.min(to, frame))
  return [...zeros(start - from), ...queue.slice(start, to)]
}

function zeros(count: number): Uint8Array[] {
  const views: Uint8Array[] = []
  for (let left = count; left > 0; left -= silence.length) views.push(silence.subarray(0, left))
  return views
}

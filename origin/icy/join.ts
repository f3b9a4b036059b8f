import type { Queue } from '../mount/queue.ts'
import type { Block, WovenChunk } from './interleaver.ts'

/** zeros for what lies between a grid point and the first frame behind it: never more than a frame, in practice */
const silence = new Uint8Array(16_384)

/** What a new listener of a woven stream gets at once. */
export interface Join {
  views: Uint8Array[]
  /** whether the current title is in it; else the next block has to say it */
  titled: boolean
}

/**
 * A new listener counts `metaint` bytes from its first one, so it begins right behind a block: the first one within the
 * newest `bytesMax` bytes, else the newest. From there to the first frame it gets zeros in place of half a frame, and its
 * first block says the title, also where the others are told that nothing changed.
 */
export function joinWoven(queue: Queue<WovenChunk>, bytesMax: number): Join {
  const blocks = queue.chunks.flatMap((chunk) => chunk.blocks)
  const begin = beginOf(blocks, queue, bytesMax)
  if (!begin) return { views: [], titled: false }
  const from = begin.place + begin.length
  const first = blocks.find((block) => block.place >= from && block !== begin)
  const until = first?.place ?? queue.endPlace
  const frame = startOf(queue, from, until)
  const views = [...zeros(frame - from), ...queue.slice(frame, until)]
  if (!first) return { views, titled: false }
  return { views: [...views, first.title, ...queue.slice(first.place + first.length)], titled: true }
}

function beginOf(blocks: readonly Block[], queue: Queue<WovenChunk>, bytesMax: number): Block | undefined {
  const oldest = Math.max(queue.firstPlace, queue.endPlace - bytesMax)
  return blocks.find(({ place, length }) => place + length >= oldest) ?? blocks.at(-1)
}

/** The first frame between two places, else the end of what holds frames, else where the listener begins anyway. */
function startOf(queue: Queue<WovenChunk>, from: number, until: number): number {
  const frame = queue.frameFrom(from)
  if (frame !== undefined && frame <= until) return frame
  // the frame that a block split is the newest: the next chunk begins with a frame
  const framed = until === queue.endPlace && queue.frameFrom(queue.firstPlace) !== undefined
  return framed ? until : from
}

function zeros(count: number): Uint8Array[] {
  const views: Uint8Array[] = []
  for (let left = count; left > 0; left -= silence.length) views.push(silence.subarray(0, left))
  return views
}

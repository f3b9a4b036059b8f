import { formatLimits } from '../limits.ts'
import { ids, readElementHead, readNumber } from './ebml.ts'

interface EbmlElement {
  id: number
  content: Uint8Array
}

/** Parses consecutive elements; a truncated element, or one of unknown size, extends to the end. */
function elementsOf(bytes: Uint8Array): EbmlElement[] {
  const elements: EbmlElement[] = []
  for (let at = 0; at < bytes.length; ) {
    const head = readElementHead(bytes, at)
    if (!head || head === 'short') break
    const from = at + head.length
    const to = Math.min(bytes.length, from + (head.size ?? bytes.length))
    elements.push({ id: head.id, content: bytes.subarray(from, to) })
    at = to
  }
  return elements
}

const within = (elements: readonly EbmlElement[], id: number): EbmlElement[] =>
  elements.filter((element) => element.id === id).flatMap(({ content }) => elementsOf(content))

const tracksIn = (header: Uint8Array): EbmlElement[][] =>
  within(within(elementsOf(header), ids.segment), ids.tracks)
    .filter(({ id }) => id === ids.track)
    .map(({ content }) => elementsOf(content))

/**
 * The tracks of a WebM header (number, codec, codec setup) as text. Equal texts mean that a decoder of one stream can
 * decode the other; empty if there are no tracks.
 */
export function tracksOf(header: Uint8Array): string {
  const setups: readonly number[] = [ids.trackNumber, ids.codec, ids.setup]
  return tracksIn(header)
    .map((track) =>
      track
        .filter(({ id }) => setups.includes(id))
        .map((element) => `${element.id}=${Buffer.from(element.content).toString('hex')}`)
        .sort()
        .join(','),
    )
    .join(';')
}

/** The parts of a WebM header that say when blocks play, and at which of them a listener can begin. */
export interface Timing {
  /** ms per tick, the unit of Cluster and block timestamps */
  tickMs: number
  /** ms of the whole file, if its writer knew; else 0 */
  durationMs: number
  tracks: ReadonlyMap<number, { isVideo: boolean; blockMs: number }>
}

const video = 1

/** Reads the timing; missing values get the defaults of RFC 9559 §5.1.2.9 (ticks of 1 ms). */
export function timingOf(header: Uint8Array): Timing {
  const info = within(within(elementsOf(header), ids.segment), ids.info)
  const tickMs = (numberIn(info, ids.timestampScale) || 1_000_000) / 1_000_000
  const tracks = tracksIn(header)
    .slice(0, formatLimits.webmTracksMax)
    .map((track) => {
      const isVideo = numberIn(track, ids.trackType) === video
      const blockMs = numberIn(track, ids.defaultDuration) / 1_000_000
      return [numberIn(track, ids.trackNumber), { isVideo, blockMs }] as const
    })
  return { tickMs, durationMs: floatIn(info, ids.duration) * tickMs, tracks: new Map(tracks) }
}

function numberIn(elements: readonly EbmlElement[], wanted: number): number {
  const found = elements.find(({ id }) => id === wanted)
  return found && found.content.length <= 8 ? readNumber(found.content) : 0
}

function floatIn(elements: readonly EbmlElement[], wanted: number): number {
  const { content } = elements.find(({ id }) => id === wanted) ?? { content: new Uint8Array() }
  const view = new DataView(content.buffer, content.byteOffset, content.length)
  const value = content.length === 4 ? view.getFloat32(0) : content.length === 8 ? view.getFloat64(0) : 0
  return Number.isFinite(value) && value > 0 ? value : 0
}

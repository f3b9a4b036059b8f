import { ids, readElementHead, readNumber } from './ebml.ts'

interface Element {
  id: number
  content: Uint8Array
}

/** The elements that follow each other in these bytes; one that is cut short or of unknown size takes all that is left. */
function elementsOf(bytes: Uint8Array): Element[] {
  const elements: Element[] = []
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

const within = (elements: readonly Element[], id: number): Element[] =>
  elements.filter((element) => element.id === id).flatMap(({ content }) => elementsOf(content))

const tracksIn = (header: Uint8Array): Element[][] =>
  within(within(elementsOf(header), ids.segment), ids.tracks)
    .filter(({ id }) => id === ids.track)
    .map(({ content }) => elementsOf(content))

/**
 * The tracks of a WebM header by number, codec and the codec's setup, in text that is equal where a decoder of one stream
 * makes sense of another; empty where there are none.
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

/** What of a WebM header tells when its blocks play, and which of them a listener may begin with. */
export interface Timing {
  /** ms of a Cluster's and a block's unit of time */
  tickMs: number
  /** ms of the whole as its writer knew it; 0 where it did not */
  durationMs: number
  tracks: ReadonlyMap<number, { isVideo: boolean; blockMs: number }>
}

/** tracks of which times are kept: more are not played together */
const tracksMax = 64
const video = 1

/** Reads what is not said as RFC 9559 §5.1.2.9 has it: units of a ms. */
export function timingOf(header: Uint8Array): Timing {
  const info = within(within(elementsOf(header), ids.segment), ids.info)
  const tickMs = (numberIn(info, ids.timestampScale) || 1_000_000) / 1_000_000
  const tracks = tracksIn(header)
    .slice(0, tracksMax)
    .map((track) => {
      const isVideo = numberIn(track, ids.trackType) === video
      const blockMs = numberIn(track, ids.defaultDuration) / 1_000_000
      return [numberIn(track, ids.trackNumber), { isVideo, blockMs }] as const
    })
  return { tickMs, durationMs: floatIn(info, ids.duration) * tickMs, tracks: new Map(tracks) }
}

function numberIn(elements: readonly Element[], wanted: number): number {
  const found = elements.find(({ id }) => id === wanted)
  return found && found.content.length <= 8 ? readNumber(found.content) : 0
}

function floatIn(elements: readonly Element[], wanted: number): number {
  const { content } = elements.find(({ id }) => id === wanted) ?? { content: new Uint8Array() }
  const view = new DataView(content.buffer, content.byteOffset, content.length)
  const value = content.length === 4 ? view.getFloat32(0) : content.length === 8 ? view.getFloat64(0) : 0
  return Number.isFinite(value) && value > 0 ? value : 0
}

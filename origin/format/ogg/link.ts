import type { StreamFacts } from '../framer.ts'
import { FormatError, formatLimits } from '../limits.ts'
import { beginsWith, type Codec, codecOf } from './codecs.ts'
import { parseComments } from './comments.ts'
import { isTimeless, type Page, packetsBegun, packetsEnded, packetsOf } from './page.ts'
import type { Retitling } from './retitling.ts'

interface Stream {
  codec: Codec
  /** packets that have ended */
  packets: number
  hasData: boolean
  /** its header pages as far as they have come */
  header: Page[]
}

/** What a page is to its link: `stray` belongs to none of its streams, a listener may begin at an `entry`. */
export type Role = 'header' | 'entry' | 'data' | 'stray'

/**
 * One link of a chain (RFC 3533 §4): the logical streams that begin together, and their pages.
 *
 *   [ BOS a | BOS b | header a | header b | data a | data b | … ]
 *     the link's header, which every listener needs  ^ from here on, a listener may begin
 */
export class Link {
  #streams = new Map<number, Stream>()
  #header: Page[] = []
  /** bytes of all header pages so far */
  headerBytes = 0

  /** Whether a page opens the next link: a stream begins after data, or one that has begun already begins anew. */
  isLeftBy({ isBos, serial }: Page): boolean {
    return isBos && (this.hasData || this.#streams.has(serial))
  }

  /** whether data has come, and so the header is whole */
  hasData = false

  /** all header pages so far, in their order */
  get header(): readonly Page[] {
    return this.#header
  }

  /** how its comments are replaced; undefined where it is more than one stream, or of a codec of which we cannot */
  get retitling(): Retitling | undefined {
    const [stream, ...others] = this.#streams.values()
    return others.length === 0 ? stream?.codec.retitling : undefined
  }

  /** What its streams' headers say of them; undefined while no codec of ours is among them. */
  get facts(): StreamFacts | undefined {
    const streams = [...this.#streams.values()]
    const subtype = streams.flatMap(({ codec }) => codec.name ?? []).join('/')
    if (subtype === '') return undefined
    const audio = streams.find(({ codec }) => codec.audio)?.codec.audio
    const comments = streams.map(commentsOf).find((each) => each.has('ARTIST') || each.has('TITLE'))
    return { subtype, ...audio, artist: comments?.get('ARTIST'), title: comments?.get('TITLE') }
  }

  /** Takes in the next page. @throws FormatError where the header is beyond its bounds */
  add(page: Page): Role {
    if (page.isBos) this.#begin(page)
    const stream = this.#streams.get(page.serial)
    if (!stream) return 'stray'
    const isHeader = isHeaderPage(stream, page)
    stream.packets += packetsEnded(page)
    if (isHeader) {
      this.#addHeader(stream, page)
      return 'header'
    }
    stream.hasData = true
    this.hasData = true
    return this.#isEntry(stream, page) ? 'entry' : 'data'
  }

  #begin(page: Page): void {
    if (this.#streams.size >= formatLimits.oggStreamsMax)
      throw new FormatError(`more than ${formatLimits.oggStreamsMax} Ogg streams begin together`)
    const [first = new Uint8Array()] = packetsBegun(page)
    this.#streams.set(page.serial, { codec: codecOf(first), packets: 0, hasData: false, header: [] })
  }

  #addHeader(stream: Stream, page: Page): void {
    this.headerBytes += page.bytes.length
    if (this.headerBytes > formatLimits.headerBytesMax)
      throw new FormatError(`Ogg header pages beyond ${formatLimits.headerBytesMax} bytes`)
    stream.header.push(page)
    this.#header.push(page)
  }

  /** Where there is video, at its key frames; else on any page on which a packet begins. */
  #isEntry(stream: Stream, page: Page): boolean {
    const begun = packetsBegun(page)
    if (stream.codec.isKeyframe) return begun.some(stream.codec.isKeyframe)
    return begun.length > 0 && !this.#hasVideo()
  }

  #hasVideo(): boolean {
    for (const { codec } of this.#streams.values()) if (codec.isKeyframe) return true
    return false
  }
}

function isHeaderPage({ codec, packets, hasData }: Stream, page: Page): boolean {
  if (codec.headerPackets !== undefined) return packets < codec.headerPackets
  return page.isBos || (!hasData && isTimeless(page))
}

function commentsOf({ codec, header }: Stream): ReadonlyMap<string, string> {
  const [, packet] = packetsOf(header)
  if (!codec.comments || !packet || !beginsWith(packet, codec.comments.magic)) return new Map()
  return parseComments(packet.subarray(codec.comments.at))
}

import type { StreamFacts } from '../framer.ts'
import { FormatError, formatLimits } from '../limits.ts'
import { beginsWith, type Codec, codecOf } from './codecs.ts'
import { parseComments } from './comments.ts'
import { isTimeless, type Page, packetsBegun, packetsEnded, packetsOf } from './page.ts'
import type { Retitling } from './retitling.ts'

interface Stream {
  codec: Codec
  /** packets completed */
  packets: number
  hasData: boolean
  /** its header pages received so far */
  header: Page[]
}

/** Role of a page in its link: a `stray` page belongs to no known stream; a listener can begin at an `entry`. */
export type Role = 'header' | 'entry' | 'data' | 'stray'

/**
 * One link of a chain (RFC 3533 §4): logical streams that begin together, and their pages.
 *
 *   [ BOS a | BOS b | header a | header b | data a | data b | … ]
 *     the link's header, which every listener needs  ^ a listener can begin from here on
 */
export class Link {
  #streams = new Map<number, Stream>()
  #header: Page[] = []
  /** bytes of all header pages so far */
  headerBytes = 0

  /** Whether a page begins the next link: a stream begins after data, or a known serial number begins again. */
  isLeftBy({ isBos, serial }: Page): boolean {
    return isBos && (this.hasData || this.#streams.has(serial))
  }

  /** whether data has arrived, so the header is complete */
  hasData = false

  /** all header pages so far, in order */
  get header(): readonly Page[] {
    return this.#header
  }

  /** how to replace its comments; undefined if it has several streams, or the codec is not supported */
  get retitling(): Retitling | undefined {
    const [stream, ...others] = this.#streams.values()
    return others.length === 0 ? stream?.codec.retitling : undefined
  }

  /** What the headers say about the streams; undefined if no codec is known. */
  get facts(): StreamFacts | undefined {
    const streams = [...this.#streams.values()]
    const subtype = streams.flatMap(({ codec }) => codec.name ?? []).join('/')
    if (subtype === '') return undefined
    const audio = streams.find(({ codec }) => codec.audio)?.codec.audio
    const comments = streams.map(commentsOf).find((each) => each.has('ARTIST') || each.has('TITLE'))
    return { subtype, ...audio, artist: comments?.get('ARTIST'), title: comments?.get('TITLE') }
  }

  /** Adds the next page. @throws FormatError if the header exceeds a limit */
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
      throw new FormatError(`Ogg header exceeds ${formatLimits.headerBytesMax} bytes`)
    stream.header.push(page)
    this.#header.push(page)
  }

  /** Whether a listener can begin here: with video at key frames, else at any page on which a packet begins. */
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

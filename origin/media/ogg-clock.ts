import { flacFacts, vorbisFacts } from '../format/ogg/audio-facts.ts'
import { beginsWith } from '../format/ogg/codecs.ts'
import { granuleOf, type Page, packetsBegun } from '../format/ogg/page.ts'
import { PageReader } from '../format/ogg/page-reader.ts'
import type { MediaClock } from './clock.ts'

/** a granule of Opus counts 48 kHz, whatever was encoded (RFC 7845 §4) */
const opusHz = 48_000

/** s that a first page holds at most; a file that begins beyond is cut out of a stream, and counts from there */
const firstPageSeconds = 5

/** Reads the time of an Ogg file from where its pages say that they end (RFC 3533 §6), one link after the other. */
export class OggClock implements MediaClock {
  #reader = new PageReader((page) => this.#take(page))
  /** ms of the links behind */
  #linksMs = 0
  /** of the stream that counts in this link: the first whose granules we understand */
  #stream: { serial: number; hz: number; from: bigint | undefined; ms: number } | undefined

  get playedMs(): number {
    return this.#linksMs + (this.#stream?.ms ?? 0)
  }

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes)
  }

  #take(page: Page): void {
    if (page.isBos) this.#begin(page)
    const stream = this.#stream
    const granule = granuleOf(page)
    if (!stream || page.serial !== stream.serial || granule <= 0n) return
    stream.from ??= Number(granule) > firstPageSeconds * stream.hz ? granule : 0n
    stream.ms = Math.max(stream.ms, (Number(granule - stream.from) / stream.hz) * 1000)
  }

  #begin(page: Page): void {
    const [first = new Uint8Array()] = packetsBegun(page)
    const hz = hzOf(first)
    // streams that begin together are of one link: only the first is looked at
    if (hz === undefined || (this.#stream && this.#stream.from === undefined)) return
    this.#linksMs = this.playedMs
    this.#stream = { serial: page.serial, hz, from: undefined, ms: 0 }
  }
}

function hzOf(packet: Uint8Array): number | undefined {
  if (beginsWith(packet, 'OpusHead')) return opusHz
  if (beginsWith(packet, '\x01vorbis')) return vorbisFacts(packet).samplerate || undefined
  if (beginsWith(packet, '\x7fFLAC')) return flacFacts(packet).samplerate || undefined
  return undefined
}

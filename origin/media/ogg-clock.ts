import { flacFacts, speexFacts, vorbisFacts } from '../format/ogg/audio-facts.ts'
import { beginsWith } from '../format/ogg/codecs.ts'
import { opusHz, opusSamples, preSkipOf } from '../format/ogg/opus.ts'
import { granuleOf, type Page, packetsBegun } from '../format/ogg/page.ts'
import { PageReader } from '../format/ogg/page-reader.ts'
import type { MediaClock } from './media-clock.ts'

/** How a codec counts time. */
interface Counting {
  hz: number
  /** samples counted at a stream's beginning and not played */
  skipped: number
  /** samples in a packet, at most */
  samplesOf: (packet: Uint8Array) => number
}

interface Stream extends Counting {
  serial: number
  /** samples in packets before the first page with a granule position */
  samples: number
  /** granule position at which the held data begins; undefined until a page has one */
  from: number | undefined
  ms: number
}

/** Measures an Ogg file by its pages' granule positions (RFC 3533 §6), link by link. */
export class OggClock implements MediaClock {
  #reader = new PageReader((page) => this.#take(page))
  /** total duration of the previous links, in ms */
  #linksMs = 0
  /** the stream measured in this link: the first with a known codec */
  #stream: Stream | undefined

  get playedMs(): number {
    return this.#linksMs + (this.#stream?.ms ?? 0)
  }

  push(bytes: Uint8Array): void {
    this.#reader.push(bytes)
  }

  #take(page: Page): void {
    if (page.isBos) this.#begin(page)
    const stream = this.#stream
    const granule = Number(granuleOf(page))
    if (!stream || page.serial !== stream.serial || granule === 0) return
    if (stream.from === undefined)
      for (const packet of packetsBegun(page)) stream.samples += stream.samplesOf(packet)
    if (granule < 0) return
    // a file cut out of a stream starts at its first page's granule position
    stream.from ??= granule > stream.samples ? granule - stream.samples : stream.skipped
    stream.ms = Math.max(stream.ms, ((granule - stream.from) / stream.hz) * 1000)
  }

  #begin(page: Page): void {
    const [first = new Uint8Array()] = packetsBegun(page)
    const counting = countingOf(first)
    // streams that begin together belong to one link: only the first is used
    if (!counting || (this.#stream && this.#stream.from === undefined)) return
    this.#linksMs = this.playedMs
    this.#stream = { ...counting, serial: page.serial, samples: 0, from: undefined, ms: 0 }
  }
}

function countingOf(packet: Uint8Array): Counting | undefined {
  if (beginsWith(packet, 'OpusHead'))
    return { hz: opusHz, skipped: preSkipOf(packet), samplesOf: opusSamples }
  if (beginsWith(packet, '\x01vorbis')) {
    // exponent of the larger block size; half of each block is new (Vorbis I §4.2.2, §1.3.2)
    const samples = 2 ** ((packet[28] ?? 0) >> 4) / 2
    return counted(vorbisFacts(packet).samplerate, samples)
  }
  // largest block size in FLAC's STREAMINFO (RFC 9639 §8.2)
  if (beginsWith(packet, '\x7fFLAC')) return counted(flacFacts(packet).samplerate, uint16(packet, 19))
  // samples per frame, and frames per packet (the Speex manual, §6.2)
  if (beginsWith(packet, 'Speex   '))
    return counted(speexFacts(packet).samplerate, int32(packet, 56) * (int32(packet, 64) || 1))
  return undefined
}

const counted = (hz: number | undefined, samples: number): Counting | undefined =>
  hz ? { hz, skipped: 0, samplesOf: () => samples } : undefined

const int32 = (bytes: Uint8Array, at: number) =>
  at + 4 <= bytes.length ? new DataView(bytes.buffer, bytes.byteOffset).getInt32(at, true) : 0
const uint16 = (bytes: Uint8Array, at: number) => ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0)

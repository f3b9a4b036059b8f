import type { Chunk } from '../format/chunk.ts'
import { type AudioStream, audioStreamOf } from '../format/ogg/audio-stream.ts'
import { Link } from '../format/ogg/link.ts'
import { PacketReader } from '../format/ogg/packet-reader.ts'
import { granuleOf, type Page, packetsBegun, pagesIn } from '../format/ogg/page.ts'
import { printFragmented } from './fragmented.ts'
import type { AudioUnit } from './segment.ts'
import type { Segmenter } from './segmenter.ts'
import type { Units } from './units.ts'

/** The stream of a link that is packaged. */
interface Played {
  serial: number
  stream: AudioStream
  reader: PacketReader
  /** granule position at the end of the last page; undefined before the first */
  granule: bigint | undefined
  /** samples at the beginning that the link before has told already, or that no listener is to hear */
  toSkip: number
}

/** The packets of Opus or FLAC in Ogg. A link with the same parameters continues the one before, under another title. */
export class OggUnits implements Units {
  #segmenter: Segmenter
  #link: Link | undefined
  /** undefined: the link's headers are not complete, or HLS has no place for its codec */
  #played: Played | undefined
  /** audio has gone to the segmenter since the last break */
  #hasAudio = false
  /** of the stream that was played last */
  #key: string | undefined

  /** @param header what the first chunk cannot be decoded without; empty if it begins with its own */
  constructor(header: Uint8Array, segmenter: Segmenter) {
    this.#segmenter = segmenter
    this.push({ bytes: header, frames: [] })
  }

  push({ bytes }: Chunk): void {
    for (const page of pagesIn(bytes)) this.#take(page)
  }

  #take(page: Page): void {
    if (this.#link ? this.#link.isLeftBy(page) : page.isBos) {
      this.#link = new Link()
      this.#played = undefined
    }
    const link = this.#link
    const hadData = link?.hasData === true
    const role = link?.add(page) ?? 'stray'
    if (!link || role === 'stray' || role === 'header') return
    if (!hadData) this.#begin(link)
    if (page.serial === this.#played?.serial) this.#read(this.#played, page)
  }

  /** The headers of a link are complete. */
  #begin({ header, facts }: Link): void {
    const isAlone = facts !== undefined && !facts.subtype.includes('/')
    const found = isAlone ? firstAudio(header) : undefined
    if (!found) {
      this.#break()
      return
    }
    const { serial, stream } = found
    const { kind, samplerate, key, init } = stream
    const continues = this.#hasAudio && this.#key === key
    this.#segmenter.begin({ kind, samplerate, key, init, print: printFragmented })
    this.#key = key
    const toSkip = continues ? stream.preSkip : 0
    this.#played = { serial, stream, reader: new PacketReader(), granule: undefined, toSkip }
    this.#tell(facts?.title ?? '', facts?.artist)
  }

  #read(played: Played, page: Page): void {
    const { packets, isBroken } = played.reader.read(page)
    if (isBroken) this.#break()
    const units: AudioUnit[] = []
    for (const bytes of packets) {
      const samples = played.stream.samplesOf(bytes)
      if (samples > 0) units.push({ bytes, samples })
    }
    trimEnd(units, page, played)
    for (const unit of units) this.#pass(played, unit)
  }

  /** Packets that the beginning of a continuing link repeats for decoders that start there are left out. */
  #pass(played: Played, unit: AudioUnit): void {
    if (unit.samples <= played.toSkip) {
      played.toSkip -= unit.samples
      return
    }
    played.toSkip = 0
    this.#hasAudio = true
    this.#segmenter.push(unit)
  }

  #break(): void {
    this.#segmenter.break()
    this.#hasAudio = false
  }

  #tell(title: string, artist: string | undefined): void {
    const told = this.#segmenter.title
    const isNew = told ? told.title !== title || told.artist !== artist : title !== '' || artist !== undefined
    if (isNew) this.#segmenter.setTitle(title, artist)
  }
}

/** The stream of a link that MP4 can hold; others only describe it. */
function firstAudio(header: readonly Page[]): Pick<Played, 'serial' | 'stream'> | undefined {
  for (const page of header) {
    const [first] = page.isBos ? packetsBegun(page) : []
    const stream = first && audioStreamOf(first)
    if (stream) return { serial: page.serial, stream }
  }
  return undefined
}

/**
 * Removes packets behind a link's end, which its last granule position tells (RFC 7845 §4.4): an encoder flushes itself with silence.
 * A packet of which a part is to be heard stays whole.
 */
function trimEnd(units: AudioUnit[], page: Page, played: Played): void {
  const granule = granuleOf(page)
  if (granule < 0n) return
  const before = played.granule
  played.granule = granule
  if (!page.isEos || before === undefined) return
  let behind = units.reduce((sum, { samples }) => sum + samples, 0) - Number(granule - before)
  for (let last = units.at(-1); last && last.samples <= behind; last = units.at(-1)) {
    behind -= last.samples
    units.pop()
  }
}

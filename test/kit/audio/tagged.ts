import { pageChecksum } from '../../../origin/format/ogg/crc.ts'
import { fixture, pagesOf } from '../process/fixtures.ts'
import { parseFrameHeader } from './mpeg.ts'
import { numberedFrame, numberIn, numberOf } from './numbered-frames.ts'
import { numbered, type Programme } from './source.ts'

/** Who made a stream: its bytes say so, and a listener's story tells whom it heard, one after the other. */
export const tags = ['live', 'backup', 'third', 'file', 'intro', 'upstream'] as const
export type Tag = (typeof tags)[number]

/** frames of each tag: more than any source sends */
const framesOfTag = 1_000_000

/** The n-th MP3 frame of a tag, unlike every frame of every other. */
export const taggedFrame = (tag: Tag, n: number): Uint8Array =>
  numberedFrame((tags.indexOf(tag) + 1) * framesOfTag + n)

/** MP3 of this tag without end. */
export const tagged = (tag: Tag): Programme => ({ at: (n) => taggedFrame(tag, n), frameMs: numbered.frameMs })

/** An MP3 file of this tag. */
export const taggedFile = (tag: Tag, frames: number): Buffer =>
  Buffer.concat(Array.from({ length: frames }, (_, n) => taggedFrame(tag, n)))

/** Ogg Opus of this tag without end: links of a few seconds, whose serial numbers say the tag. */
export function taggedOgg(tag: Tag): Programme {
  const file = fixture('opus.ogg')
  const pages = pagesOf(file).map((at, i, all) => file.subarray(at, all[i + 1] ?? file.length))
  const at = (n: number) => {
    const page = Buffer.from(pages[n % pages.length] ?? [])
    page.writeUInt32LE((tags.indexOf(tag) + 1) * framesOfTag + Math.floor(n / pages.length), 14)
    page.writeUInt32LE(0, 22)
    page.writeUInt32LE(pageChecksum(page), 22)
    return page
  }
  return { at, frameMs: 50 }
}

/** A stretch of frames that follow each other, all of one tag. */
export interface Stretch {
  tag: Tag
  /** its first frame, counted from the beginning of the tag */
  from: number
  frames: number
}

/** The stretches of frames in an MP3 stream, and how many bytes do not belong to a whole frame: where it was cut, and around a move. */
export function stretchesOf(bytes: Uint8Array): { stretches: readonly Stretch[]; strayBytes: number } {
  const reader = new StretchReader()
  reader.read(bytes, true)
  return reader
}

/** bytes: the longest frame of a tag */
const frameBytesMax = taggedFrame('live', 0).length + 1

/** {@link stretchesOf} of a stream that goes on: reads what came since the last time, and nothing twice. */
export class StretchReader {
  readonly stretches: Stretch[] = []
  strayBytes = 0
  #at = 0

  /** @param bytes all that was heard so far @param isWhole no more comes: a cut frame at the end is not waited for */
  read(bytes: Uint8Array, isWhole = false): void {
    const end = isWhole ? bytes.length : bytes.length - frameBytesMax
    while (this.#at < end) {
      const frame = frameAt(bytes, this.#at)
      if (frame) this.#add(frame)
      else this.strayBytes++
      this.#at += frame?.length ?? 1
    }
  }

  #add(frame: Uint8Array): void {
    const { tag, n } = placeOf(numberOf(frame))
    const last = this.stretches.at(-1)
    if (last?.tag === tag && last.from + last.frames === n) last.frames++
    else this.stretches.push({ tag, from: n, frames: 1 })
  }
}

function frameAt(bytes: Uint8Array, at: number): Uint8Array | undefined {
  const header = parseFrameHeader(bytes, at)
  const frame = header && bytes.subarray(at, at + header.bytes)
  if (!frame || frame.length < header.bytes) return undefined
  // undefined: a header with the rest of another frame behind it
  return numberIn(frame) === undefined ? undefined : frame
}

function placeOf(number: number): { tag: Tag; n: number } {
  const tag = tags[Math.floor(number / framesOfTag) - 1]
  if (tag === undefined) throw new Error(`frame ${number} is of no tag`)
  return { tag, n: number % framesOfTag }
}

/** The tags of the links in an Ogg stream, each once in a row; `headless` where a link begins without its header pages. */
export function linksOf(bytes: Uint8Array): string[] {
  const buffer = Buffer.from(bytes)
  const links: { serial: number; name: string }[] = []
  for (const at of pagesOf(bytes)) {
    if (at + 27 > buffer.length) break
    const serial = buffer.readUInt32LE(at + 14)
    if (links.at(-1)?.serial === serial) continue
    const isBos = ((buffer[at + 5] ?? 0) & 2) !== 0
    links.push({ serial, name: `${placeOf(serial).tag}${isBos ? '' : ' headless'}` })
  }
  return links.map(({ name }) => name).filter((name, i, all) => name !== all[i - 1])
}

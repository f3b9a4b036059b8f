import { deepStrictEqual } from 'node:assert/strict'
import { framerForFeed, framerOf } from '../../../../origin/format/formats.ts'
import type { Framer } from '../../../../origin/format/framer.ts'
import { FormatError } from '../../../../origin/format/limits.ts'
import { pageChecksum } from '../../../../origin/format/ogg/crc.ts'
import { nextCapture, pageLength } from '../../../../origin/format/ogg/page.ts'
import { framed } from '../../../kit/audio/framing.ts'
import { sameHoweverCut } from '../cuts.ts'
import { orError, type Target } from '../target.ts'

const cutBy = (create: () => Framer) => (pieces: readonly Uint8Array[]) =>
  orError([FormatError], () => framed(create(), ...pieces))

/** All that comes out at the end, and which format was found: what was taken before it was found has no frames. */
const sniffed = (announced: string) => (pieces: readonly Uint8Array[]) =>
  orError([FormatError], () => {
    const framer = framerForFeed(announced)
    for (const piece of pieces) framer.push(piece)
    return { format: framer.format, ...framer.takeAll() }
  })

/** Whether the bytes are in the input, in this order: a container's framer leaves out noise. */
function isWithin(bytes: Uint8Array, input: Uint8Array): boolean {
  let at = 0
  for (const byte of input) if (at < bytes.length && byte === bytes[at]) at++
  return at === bytes.length
}

/** Checks a framer of one format, and the one that detects the format, which is told another. */
function checkFramer(format: string, announced: string, input: Uint8Array): void {
  const read = cutBy(() => framerOf(format))
  sameHoweverCut(input, read)
  sameHoweverCut(input, sniffed(announced))
  const cut = read([input])
  if (typeof cut === 'string') return
  const { bytes, starts } = cut
  if (starts.some((start, i) => start > bytes.length || start < (starts[i - 1] ?? 0)))
    throw new Error(`frames begin at ${starts} in ${bytes.length} bytes`)
  if (!framerOf(format).isContainer) deepStrictEqual(bytes, Buffer.from(input), 'bytes are lost')
  if (!isWithin(bytes, input)) throw new Error('bytes came out that did not go in')
  // what WebM means depends on the noise around it
  if (format === 'webm') return
  const again = read([Uint8Array.from(bytes)])
  deepStrictEqual(typeof again === 'string' ? again : again.bytes, bytes, 'framed again')
}

/** The same bytes with the right checksum in whatever looks like a page: a wrong one hides all that follows. */
export function resealed(input: Uint8Array): Uint8Array {
  const bytes = input.slice()
  for (let at = nextCapture(bytes, 0); at < bytes.length; ) {
    const length = pageLength(bytes, at)
    if (at + length > bytes.length) break
    const page = bytes.subarray(at, at + length)
    new DataView(page.buffer, page.byteOffset).setUint32(22, pageChecksum(page), true)
    at = nextCapture(bytes, at + length)
  }
  return bytes
}

const framer = (
  name: string,
  announced: string,
  about: string,
  tokens: readonly string[],
  prepared: (input: Uint8Array) => Uint8Array = (input) => input,
): Target => ({
  name,
  about: `${about}: the same however cut, and framed again; so is what detects it`,
  files: 'origin/format/',
  tokens,
  read: (input) => void cutBy(() => framerOf(name))([prepared(input)]),
  check: (input) => checkFramer(name, announced, prepared(input)),
})

export const ogg = framer(
  'ogg',
  'mpeg',
  'Ogg',
  [
    'OggS\0\u0002',
    'OggS\0\u0004',
    'OpusHead',
    'OpusTags',
    '\u0001vorbis',
    '\u0003vorbis',
    '\u0005vorbis',
    '\u007fFLAC',
    'fLaC',
    'TITLE=a',
  ],
  resealed,
)
export const webm = framer('webm', 'ogg', 'WebM', ['\u001a'])
export const mpeg = framer('mpeg', 'adts', 'MPEG audio', [
  'ID3\u0004\0\0\0\0\0\u0005',
  'TAG',
  'TAG+',
  'APETAGEX',
  '\0\0\0\0',
])
export const adts = framer('adts', 'mpeg', 'AAC in ADTS', ['ID3\u0003\0\0\0\0\0\u0001', 'APETAGEX', 'TAG'])

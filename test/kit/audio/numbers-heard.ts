import { IcyReader, type TitleHeard } from './icy-reader.ts'
import { parseFrameHeader } from './mpeg.ts'
import { numberOf } from './numbered-frames.ts'

/** bytes that mpg123 skips in search of the next frame before it gives up */
const zerosMax = 1024

/** What a listener of numbered frames hears: their numbers, and titles with their places. */
export interface Heard {
  numbers: number[]
  titles: TitleHeard[]
}

/** Bytes of an ID3v2 tag that begins here; 0 where none does. Players step over it, whatever is in it. */
function tagBytes(audio: Uint8Array, at: number): number {
  if (audio[at] !== 0x49 || audio[at + 1] !== 0x44 || audio[at + 2] !== 0x33) return 0
  return 10 + audio.subarray(at + 6, at + 10).reduce((size, seven) => size * 128 + seven, 0)
}

/**
 * Reads what a listener got: whole frames, between which lie zeros alone, no more than players skip, and tags.
 * @param metaint bytes of audio between two blocks of metadata; 0: it asked for none
 */
export function numbersHeard(bytes: Uint8Array, metaint: number): Heard {
  const reader = new IcyReader(metaint)
  const audio = metaint > 0 ? Buffer.concat(reader.push(bytes)) : bytes
  const numbers: number[] = []
  let at = 0
  while (at < audio.length) {
    at += tagBytes(audio, at)
    const begin = at
    while (audio[at] === 0) at++
    if (at - begin > zerosMax && numbers.length > 0) throw new Error(`${at - begin} zeros before byte ${at}`)
    if (at === audio.length) break
    const frame = parseFrameHeader(audio, at)
    if (!frame) throw new Error(`no frame begins at byte ${at}, after ${numbers.length} frames`)
    if (at + frame.bytes > audio.length) break
    numbers.push(numberOf(audio.subarray(at, at + frame.bytes)))
    at += frame.bytes
  }
  return { numbers, titles: reader.titles }
}

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

/**
 * Reads what a listener got: whole frames, between which lie zeros alone, and no more than players skip.
 * @param metaint bytes of audio between two blocks of metadata; 0: it asked for none
 */
export function numbersHeard(bytes: Uint8Array, metaint: number): Heard {
  const reader = new IcyReader(metaint)
  const audio = metaint > 0 ? Buffer.concat(reader.push(bytes)) : bytes
  const numbers: number[] = []
  let at = 0
  while (at < audio.length) {
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

import { deepStrictEqual } from 'node:assert/strict'
import { Deinterleaver } from '../../../../origin/icy/deinterleaver.ts'
import { Interleaver } from '../../../../origin/icy/interleaver.ts'
import { encodeMetadata } from '../../../../origin/icy/metadata.ts'
import { cutInto } from '../../../kit/audio/framing.ts'
import { sameHoweverCut } from '../cuts.ts'
import type { Target } from '../target.ts'

/** Audio, and each title with the offset at which it came. */
function takenApart(metaint: number, pieces: readonly Uint8Array[]) {
  const audio: Uint8Array[] = []
  const titles: { at: number; title: string }[] = []
  let at = 0
  const deinterleaver = new Deinterleaver(metaint, {
    audio(bytes) {
      audio.push(bytes)
      at += bytes.length
    },
    metadata: ({ title }) => titles.push({ at, title }),
  })
  for (const piece of pieces) deinterleaver.push(piece)
  return { audio: Buffer.concat(audio), titles }
}

const titles = ['', 'one', 'zwei'].map((title) => encodeMetadata({ title, url: undefined }))
const titleAt = (offset: number) => titles[offset % titles.length] ?? new Uint8Array(1)

/** The first byte says the interval, and the rest is the stream. */
export const icyStream: Target = {
  name: 'icy-stream',
  about: 'ICY interleaving: the same however cut; woven and taken apart, the same audio',
  files: 'origin/icy/',
  tokens: ["\u0002StreamTitle='a';", '\0', '\u0001', '\u0008'],
  read: (input) => void takenApart(1 + (input[0] ?? 0), [input]),
  check(input) {
    const metaint = 1 + (input[0] ?? 0)
    const stream = input.subarray(1)
    sameHoweverCut(stream, (pieces) => takenApart(metaint, pieces))
    const interleaver = new Interleaver(metaint)
    const woven = cutInto(stream, 1, 40, 7).map(
      (bytes) => interleaver.weave({ bytes: Uint8Array.from(bytes), frames: [] }, titleAt).bytes,
    )
    deepStrictEqual(takenApart(metaint, woven).audio, Buffer.from(stream), 'woven and taken apart')
  },
}

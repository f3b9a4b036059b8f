import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { Deinterleaver } from '../../../origin/icy/deinterleaver.ts'
import { Interleaver } from '../../../origin/icy/interleaver.ts'
import { encodeMetadata } from '../../../origin/icy/metadata.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'

const frames = (from: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))

/** Output of a deinterleaver for these pieces: the audio, and each title with its offset. */
function takeApart(metaint: number, pieces: Uint8Array[]) {
  const audio: Uint8Array[] = []
  const titles: [number, string][] = []
  let offset = 0
  const deinterleaver = new Deinterleaver(metaint, {
    audio(bytes) {
      audio.push(bytes)
      offset += bytes.length
    },
    metadata: ({ title }) => titles.push([offset, title]),
  })
  for (const piece of pieces) deinterleaver.push(piece)
  return { audio: Buffer.concat(audio), titles }
}

describe('interleaving', () => {
  const block = (title: string) => encodeMetadata({ title, url: undefined })

  test('inserts a block after every metaint bytes: with the title if it changed, else empty', () => {
    const first = block('first')
    const second = block('second')
    const interleaver = new Interleaver(4)
    const { bytes, blocks } = interleaver.weave({ bytes: Buffer.from('abcdefghijklmn'), frames: [] }, (at) =>
      at < 9 ? first : second,
    )
    const expected = [
      Buffer.from('abcd'),
      first,
      Buffer.from('efgh'),
      Buffer.of(0),
      Buffer.from('ijkl'),
      second,
      Buffer.from('mn'),
    ]
    expect(Buffer.from(bytes)).toEqual(Buffer.concat(expected))
    expect(blocks.map(({ length }) => length)).toEqual([0, first.length, 1, second.length])
  })

  test('moves the frame offsets along', () => {
    const audio = frames(0, 30)
    const starts: number[] = []
    for (let at = 0, n = 0; at < audio.length; n++) {
      starts.push(at)
      at += numberedFrame(n).length
    }
    const { bytes, frames: moved } = new Interleaver(1000).weave({ bytes: audio, frames: starts }, () =>
      block('t'),
    )
    for (const [n, at] of moved.entries())
      expect([...bytes.subarray(at, at + 2)], `frame ${n}`).toEqual([0xff, 0xfb])
  })

  test('and deinterleaving gives the same audio and titles, however both are split', () => {
    const pieces = fc.array(fc.tuple(fc.uint8Array({ maxLength: 60 }), fc.constantFrom('a', 'b', 'it’s')), {
      minLength: 1,
      maxLength: 20,
    })
    fc.assert(
      fc.property(
        pieces,
        fc.integer({ min: 1, max: 70 }),
        fc.integer({ min: 1, max: 90 }),
        (parts, metaint, size) => {
          const blocks = new Map(['a', 'b', 'it’s'].map((title) => [title, block(title)]))
          const interleaver = new Interleaver(metaint)
          const woven = Buffer.concat(
            parts.map(
              ([bytes, title]) =>
                interleaver.weave({ bytes, frames: [] }, () => blocks.get(title) ?? block('')).bytes,
            ),
          )
          const cut: Uint8Array[] = []
          for (let at = 0; at < woven.length; at += size) cut.push(woven.subarray(at, at + size))
          const { audio, titles } = takeApart(metaint, cut)
          expect(audio.equals(Buffer.concat(parts.map(([bytes]) => bytes)))).toBe(true)
          for (const [offset] of titles) expect(offset % metaint).toBe(0)
        },
      ),
    )
  })
})

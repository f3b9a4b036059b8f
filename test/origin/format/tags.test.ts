import { describe, expect, test } from 'vitest'
import { framerFor } from '../../../origin/format/formats.ts'
import { formatLimits } from '../../../origin/format/limits.ts'
import { mediaClock } from '../../../origin/media/clock.ts'
import { Queue } from '../../../origin/mount/stream/queue.ts'
import { cutInto, framed } from '../../kit/audio/framing.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'

const frames = (count: number, from = 0) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))
/** like picture data: bytes that look like frames, up to the third of them */
const picture = (bytes: number) => Buffer.alloc(bytes, Buffer.concat([frames(2), Buffer.alloc(300, 0xff)]))

function id3v2(bytes: number): Buffer {
  const size = [21, 14, 7, 0].map((bits) => (bytes >> bits) & 0x7f)
  return Buffer.concat([Buffer.from('ID3\x04\0\0', 'latin1'), Buffer.from(size), picture(bytes)])
}
const id3v1 = Buffer.from(`TAG${'a title'.padEnd(125)}`)
const longId3v1 = Buffer.concat([Buffer.from(`TAG+${'a long title'.padEnd(223)}`), id3v1])
/** APEv2 with header and footer; the size counts the items and the footer */
function apev2(bytes: number): Buffer {
  const end = (flags: number) => {
    const tag = Buffer.alloc(32)
    tag.write('APETAGEX')
    tag.writeUInt32LE(2000, 8)
    tag.writeUInt32LE(bytes + 32, 12)
    tag.writeUInt32LE(flags, 20)
    return tag
  }
  return Buffer.concat([end(0xa0000000), picture(bytes), end(0x80000000)])
}
const lyrics3 = Buffer.from(`LYRICSBEGIN${'LYR00012[00:01]words '.repeat(40)}000912LYRICS200`)

describe('a tag in a stream of frames', () => {
  test.for([
    ['ID3v2 with a cover', id3v2(180_000)],
    ['ID3v2 of more than is held back', id3v2(formatLimits.tagHeldBytesMax + 1)],
    ['ID3v1', id3v1],
    ['the longer ID3v1', longId3v1],
    ['APEv2 with a cover', apev2(150_000)],
    ['Lyrics3 and ID3v1', Buffer.concat([lyrics3, id3v1])],
    [
      'everything that a tagger writes at the end of a file, and the next file',
      Buffer.concat([apev2(9000), lyrics3, longId3v1, id3v2(9000)]),
    ],
  ] as const)('%s: passes unchanged, and no starting point lies in it', ([, tag]) => {
    const stream = Buffer.concat([frames(9), tag, frames(9, 9)])
    for (const size of [1400, stream.length]) {
      const { bytes, starts } = framed(framerFor('audio/mpeg'), ...cutInto(stream, size))
      expect(bytes.equals(stream)).toBe(true)
      expect(starts).toHaveLength(18)
      const [before = 0, behind = 0] = [frames(9).length, frames(9).length + tag.length]
      expect(starts.filter((at) => at >= before && at < behind)).toEqual([])
    }
  })

  test('is sent in one piece, so that no listener leaves or joins within it', () => {
    for (const tag of [id3v2(180_000), apev2(150_000)]) {
      const framer = framerFor('audio/mpeg')
      const sizes: number[] = []
      for (const piece of cutInto(Buffer.concat([frames(9), tag, frames(9)]), 1400)) {
        framer.push(piece)
        sizes.push(framer.take().bytes.length)
      }
      expect(Math.max(...sizes)).toBeGreaterThanOrEqual(tag.length)
    }
  })
})

describe('a burst', () => {
  const burst = 20_000
  const chunkOf = (bytes: Buffer) => framerChunk(bytes)
  function framerChunk(bytes: Buffer) {
    const framer = framerFor('audio/mpeg')
    framer.push(bytes)
    const cut = framer.takeAll()
    return { bytes: Buffer.from(cut.bytes), frames: cut.frames }
  }

  test('that would begin within a tag begins at a frame before it, a burst of audio earlier', () => {
    const queue = new Queue(500_000)
    const sound = frames(200)
    queue.push(chunkOf(sound))
    queue.push(chunkOf(id3v2(180_000)))
    const offset = queue.burstOffset(burst)
    expect(sound.length - offset).toBeGreaterThan(burst - 500)
    expect(sound.subarray(offset, offset + 2)).toEqual(Buffer.of(0xff, 0xfb))
  })

  test('of which only a tag is held begins after it', () => {
    const queue = new Queue(50_000)
    queue.push(chunkOf(frames(200)))
    queue.push(chunkOf(id3v2(180_000)))
    expect(queue.burstOffset(burst)).toBe(queue.endOffset)
  })
})

test('a looped file sends the tags at its beginning once, and tags have no duration', () => {
  const file = Buffer.concat([id3v2(180_000), frames(100), apev2(9000), lyrics3, id3v1])
  const clock = mediaClock('audio/mpeg')
  for (const piece of cutInto(file, 4096)) clock?.push(piece)
  expect(clock?.headerBytes).toBe(id3v2(180_000).length)
  expect(clock?.playedMs).toBeCloseTo((100 * 1152) / 44.1, 3)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { adtsFormat } from '../../../origin/format/adts.ts'
import { framerFor, isContainer, mediaType } from '../../../origin/format/formats.ts'
import { mpegFormat } from '../../../origin/format/mpeg.ts'
import { cutInto, framed } from '../../kit/audio/framing.ts'
import { parseFrameHeader } from '../../kit/audio/mpeg.ts'
import { numberedFrame } from '../../kit/audio/numbered-frames.ts'

const frames = (from: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))

/** An ADTS frame of AAC-LC, 44.1 kHz, stereo; its payload contains no header. */
function adtsFrame(payloadBytes: number): Buffer {
  const length = 7 + payloadBytes
  const header = [
    0xff,
    0xf1,
    0x50,
    0x80 | (length >> 11),
    (length >> 3) & 0xff,
    ((length & 7) << 5) | 0x1f,
    0xfc,
  ]
  return Buffer.concat([Buffer.from(header), Buffer.alloc(payloadBytes, 0x21)])
}

describe('MPEG audio', () => {
  test('has every header that an independent parser finds, and no other', () => {
    const different: number[] = []
    for (let word = 0; word < 0x10000; word++) {
      const header = Uint8Array.of(0xff, 0xe0 | (word >> 11), (word >> 3) & 0xff, 0)
      const expected = parseFrameHeader(header, 0) // only layer III
      const isLayer3 = ((header[1] ?? 0) & 6) === 2
      if (isLayer3 && mpegFormat.parse(header, 0)?.length !== expected?.bytes) different.push(word)
    }
    expect(different).toEqual([])
  })

  test.each([
    ['MPEG-1 layer I, 448 kbit/s, 48 kHz', [0xff, 0xff, 0xe4, 0], 448, 8],
    ['MPEG-1 layer II, 192 kbit/s, 48 kHz', [0xff, 0xfd, 0xa4, 0], 576, 24],
    ['MPEG-1 layer III, 128 kbit/s, 44.1 kHz, padded', [0xff, 0xfb, 0x92, 0], 418, 26.122],
    ['MPEG-2 layer III, 64 kbit/s, 22.05 kHz', [0xff, 0xf3, 0x80, 0], 208, 26.122],
    ['MPEG-2.5 layer III, 16 kbit/s, 8 kHz', [0xff, 0xe3, 0x28, 0], 144, 72],
    ['MPEG-2 layer II, 64 kbit/s, 24 kHz', [0xff, 0xf5, 0x84, 0], 384, 48],
  ])('%s: length and duration', (_, header, length, durationMs) => {
    const frame = mpegFormat.parse(Uint8Array.from(header), 0)
    expect(frame?.length).toBe(length)
    expect(frame?.durationMs).toBeCloseTo(durationMs, 2)
  })

  test('is sent in complete frames', () => {
    const framer = framerFor('audio/mpeg')
    framer.push(frames(0, 5).subarray(0, -100))
    const { bytes, frames: starts } = framer.take()
    expect(bytes).toEqual(Uint8Array.from(frames(0, 4)))
    expect(starts).toEqual([0, 417, 835, 1253])
    expect(framer.length).toBe(numberedFrame(4).length - 100)
  })

  test('reports its bitrate from its headers, however fast it arrived', () => {
    const framer = framerFor('audio/mpeg')
    framer.push(frames(0, 500))
    expect(framer.kbps).toBe(128)
  })

  test('begins at a frame whatever precedes it: noise, a chance header, an ID3 tag', () => {
    const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\x01\x00', 'latin1'), Buffer.alloc(128, 0xff)])
    const chance = numberedFrame(9).subarray(0, 4)
    for (const junk of [Buffer.from('noise'), Buffer.concat([chance, Buffer.alloc(99, 0xff)]), tag]) {
      const stream = Buffer.concat([junk, frames(0, 8)])
      const { bytes, starts } = framed(framerFor('audio/mpeg'), stream)
      expect(bytes).toEqual(stream)
      expect(starts[0]).toBe(junk.length)
      expect(starts).toHaveLength(8)
    }
  })

  test('continues after a tag, a gap, and a change of rate', () => {
    const id3v1 = Buffer.from('TAG'.padEnd(128, ' '))
    const other = Buffer.alloc(208)
    other.set([0xff, 0xf3, 0x80, 0])
    const parts = [
      frames(0, 4),
      id3v1,
      frames(4, 4),
      frames(8, 1).subarray(50, 300),
      frames(9, 4),
      other,
      other,
      other,
      other,
    ]
    const stream = Buffer.concat(parts)
    const { bytes, starts } = framed(framerFor('audio/mpeg'), ...cutInto(stream, 700))
    expect(bytes).toEqual(stream)
    expect(starts).toHaveLength(4 + 4 + 4 + 4)
    for (const start of starts) expect(mpegFormat.parse(stream, start)).toBeDefined()
  })

  test('that pauses within a frame is sent nevertheless, and the rest of the frame is not a starting point', () => {
    const framer = framerFor('audio/mpeg')
    const stream = frames(0, 10)
    framer.push(stream.subarray(0, 2000))
    const first = framer.takeAll()
    framer.push(stream.subarray(2000))
    const second = framer.take()
    expect(Buffer.concat([first.bytes, second.bytes])).toEqual(stream)
    for (const start of second.frames) expect(parseFrameHeader(second.bytes, start)).toBeDefined()
    expect(first.frames.length + second.frames.length).toBe(10)
  })
})

describe('AAC in ADTS', () => {
  test('has frames of the length in their headers', () => {
    const frame = adtsFormat.parse(adtsFrame(300), 0)
    expect(frame?.length).toBe(307)
    expect(frame?.durationMs).toBeCloseTo(23.22, 2)
  })

  test('is sent in complete frames, from the first that others follow', () => {
    const aac = Array.from({ length: 120 }, (_, i) => adtsFrame(150 + i))
    const stream = Buffer.concat([Buffer.from('\xff\xf1junk', 'latin1'), ...aac])
    const { bytes, starts } = framed(framerFor('audio/aacp'), ...cutInto(stream, 100))
    expect(bytes).toEqual(stream)
    expect(starts.slice(0, 3)).toEqual([6, 6 + 157, 6 + 157 + 158])
    expect(starts).toHaveLength(aac.length)
  })
})

describe('any stream', () => {
  const junk = fc.oneof(
    fc.uint8Array({ maxLength: 200 }),
    fc.constantFrom(
      Uint8Array.of(0xff),
      Uint8Array.of(0xff, 0xfb, 0x90, 0),
      Buffer.from('ID3\x04\0\0\0\0\0\x05'),
      Buffer.from('TAG'),
    ),
  )
  const audio = fc
    .tuple(fc.nat(1000), fc.integer({ min: 1, max: 6 }))
    .map(([from, count]) => frames(from, count))
  const stream = fc.array(fc.oneof(junk, audio), { maxLength: 8 }).map((parts) => Buffer.concat(parts))

  test.each(['audio/mpeg', 'audio/aac', 'application/octet-stream'])(
    'of %s passes unchanged, however it is split',
    (type) => {
      fc.assert(
        fc.property(stream, fc.integer({ min: 1, max: 900 }), (bytes, size) => {
          const { bytes: out } = framed(framerFor(type), ...cutInto(bytes, size))
          expect(out.equals(bytes)).toBe(true)
        }),
      )
    },
  )

  test('has the same frames however it is split', () => {
    fc.assert(
      fc.property(stream, fc.integer({ min: 1, max: 900 }), (bytes, size) => {
        const whole = framed(framerFor('audio/mpeg'), bytes)
        expect(framed(framerFor('audio/mpeg'), ...cutInto(bytes, size)).starts).toEqual(whole.starts)
      }),
    )
  })
})

test('a content type is read without its parameters', () => {
  expect(mediaType('Audio/OGG; codecs=opus')).toBe('audio/ogg')
  expect(isContainer('audio/ogg; codecs=opus')).toBe(true)
  expect(isContainer('audio/mpeg')).toBe(false)
})

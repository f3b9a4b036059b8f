import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { framerFor } from '../../../../origin/format/formats.ts'
import { FormatError } from '../../../../origin/format/limits.ts'
import { cutInto, digest, framed } from '../../../kit/audio/framing.ts'
import { placesWithin } from '../../../kit/base/repetitions.ts'
import { clusterId, clustersOf, fixture } from '../../../kit/process/fixtures.ts'

const frame = (...pieces: readonly Uint8Array[]) => framed(framerFor('video/webm;codecs="opus"'), ...pieces)
const stream = fixture('opus.webm')
const noise = Buffer.from('no element begins here: \0\x01\x02'.repeat(3))

const headerBytes = clustersOf(stream)[0] ?? 0
const header = stream.subarray(0, headerBytes)

/** The same stream as browsers and GStreamer write it: Clusters have unknown sizes. */
function ofUnknownSizes(bytes: Uint8Array): Buffer {
  const unknown = Buffer.from(bytes)
  for (const at of clustersOf(bytes)) {
    const length = Math.clz32(unknown[at + 4] ?? 0) - 23
    unknown.fill(0xff, at + 4, at + 4 + length)
    unknown[at + 4] = 0xff >> (length - 1)
  }
  return unknown
}

describe('a WebM stream', () => {
  test.for([
    ['of known sizes', stream],
    ['of unknown sizes', ofUnknownSizes(stream)],
  ] as const)('%s: its header is kept, and a listener may begin at every Cluster', ([, stream]) => {
    const { bytes, starts, headers } = frame(stream)
    expect(bytes.equals(stream)).toBe(true)
    expect(starts).toEqual(clustersOf(stream))
    expect(starts.length).toBeGreaterThan(4)
    expect(headers).toEqual([{ from: headerBytes, bytes: bytes.subarray(0, headerBytes), title: undefined }])
  })

  test('is the same however it is split', () => {
    const twice = Buffer.concat([stream, noise, ofUnknownSizes(stream)])
    const whole = digest(frame(twice))
    expect(digest(frame(...cutInto(twice, 1)))).toEqual(whole)
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 9 }), (sizes) => {
        expect(digest(frame(...cutInto(twice, ...sizes)))).toEqual(whole)
      }),
      { numRuns: 50 },
    )
  })

  test('can be split in two at every byte without a difference', () => {
    const begin = stream.subarray(0, 3000)
    const whole = digest(frame(begin))
    for (const at of placesWithin(begin.length))
      if (digest(frame(begin.subarray(0, at), begin.subarray(at))) !== whole) expect.fail(`cut at ${at}`)
  })

  test('holds at most half an element head, and reports what it holds', () => {
    const framer = framerFor('audio/webm')
    for (const piece of cutInto(stream, 700)) {
      framer.push(piece)
      const held = framer.peek()
      expect(framer.length).toBe(held.length)
      framer.take()
    }
    expect(framer.length).toBeLessThan(12)
  })

  test('that restarts has its new header from its first Cluster on', () => {
    const { bytes, starts, headers } = frame(stream, stream)
    expect(bytes.length).toBe(2 * stream.length)
    expect(headers.map(({ from }) => from)).toEqual([headerBytes, stream.length + headerBytes])
    expect(starts).toEqual([...clustersOf(stream), ...clustersOf(stream).map((at) => at + stream.length)])
  })
})

describe('noise in a WebM stream', () => {
  test('before the header is skipped', () => {
    const { bytes } = frame(noise, stream.subarray(2000, 3000), stream)
    expect(bytes.equals(stream)).toBe(true)
  })

  test('between Clusters is skipped', () => {
    const starts = clustersOf(stream)
    const parts = starts.flatMap((at, i) => [stream.subarray(at, starts[i + 1] ?? stream.length), noise])
    const { bytes, starts: found } = frame(header, ...parts)
    expect(bytes.equals(stream)).toBe(true)
    expect(found).toEqual(starts)
  })

  test('instead of an element costs only the rest of its Cluster', () => {
    const [, second = 0, third = 0] = clustersOf(stream)
    const bent = Buffer.from(stream)
    bent.fill(0, second + 12, second + 200)
    const { bytes, starts } = frame(bent)
    expect(bytes.subarray(-(stream.length - third)).equals(stream.subarray(third))).toBe(true)
    expect(starts).toHaveLength(clustersOf(stream).length)
  })

  test('in a new header costs the bytes up to the next header: Clusters of an unknown header are of no use', () => {
    const brokenOff = stream.subarray(0, 48) // the EBML header, and the Segment's head
    const { bytes, headers } = frame(
      stream,
      brokenOff,
      new Uint8Array(20),
      stream.subarray(headerBytes),
      stream,
    )
    expect(bytes.equals(Buffer.concat([stream, stream]))).toBe(true)
    expect(headers).toHaveLength(2)
  })

  test('a header beyond its limit ends the feed with a reason', () => {
    const filler = Buffer.concat([Buffer.from('ec10080000', 'hex'), Buffer.alloc(0x80000)])
    expect(() => frame(header, filler, filler, filler)).toThrow(FormatError)
  })

  test('of any kind neither stops nor crashes it, and is not held for long', () => {
    const shreds = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(
        header,
        clusterId,
        Buffer.from('1a45dfa3', 'hex'),
        stream.subarray(headerBytes, headerBytes + 900),
      ),
      fc.constantFrom(Buffer.from('01ffffffffffffff', 'hex'), Buffer.from('ec88', 'hex')),
    )
    fc.assert(
      fc.property(fc.array(shreds, { maxLength: 40 }), (pieces) => {
        const framer = framerFor('audio/webm')
        const seen = framed(framer, ...pieces)
        for (const start of seen.starts)
          expect(
            seen.bytes.subarray(start, start + 4).equals(clusterId.subarray(0, seen.bytes.length - start)),
          ).toBe(true)
        expect(digest(frame(Buffer.concat(pieces)))).toEqual(digest(seen))
      }),
    )
  })
})

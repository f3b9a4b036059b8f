import { describe, expect, test } from 'vitest'
import { framerFor } from '../../../../origin/format/formats.ts'
import { FormatError, formatLimits } from '../../../../origin/format/limits.ts'
import { cutInto, digest, framed } from '../../../kit/audio/framing.ts'
import { blockGroup, cluster, element, simpleBlock, webmHeader } from '../../../kit/audio/webm.ts'
import { clustersOf } from '../../../kit/process/fixtures.ts'

const frame = (...pieces: readonly Uint8Array[]) => framed(framerFor('video/webm'), ...pieces)
const header = webmHeader(['audio'])
const blocks = (count: number) => Array.from({ length: count }, (_, i) => simpleBlock({ ticks: 20 * i }))
/** an id that no specification defines */
const unknown = (bytes: number) => element(0x22b59d, Buffer.alloc(bytes, 0x55))

describe('an unknown WebM element', () => {
  test.for([
    ['a few bytes', 12, false],
    ['a few bytes, in a Cluster of unknown size', 12, true],
    ['400 kB', 400_000, false],
    ['400 kB, in a Cluster of unknown size', 400_000, true],
  ] as const)('of %s is skipped by its size (RFC 8794 §6.2)', ([, bytes, unknownSize]) => {
    const stream = Buffer.concat([
      header,
      cluster(0, [unknown(bytes), ...blocks(3), unknown(bytes), unknown(9)], unknownSize),
      unknown(bytes),
      cluster(60, blocks(3), unknownSize),
    ])
    const whole = frame(stream)
    expect(whole.bytes.equals(stream)).toBe(true)
    expect(whole.starts).toEqual(clustersOf(stream))
    expect(digest(frame(...cutInto(stream, 1, 17, 4000)))).toBe(digest(whole))
  })

  test('larger than any known one is dropped with the rest of its Cluster, and the source continues', () => {
    const big = unknown(formatLimits.elementBytesMax + 1)
    const last = cluster(60, blocks(3))
    const { bytes } = frame(header, cluster(0, [...blocks(1), big, ...blocks(1)]), last)
    expect(bytes.subarray(-last.length).equals(last)).toBe(true)
  })
})

describe('a WebM file truncated within a block', () => {
  const file = Buffer.concat([header, ...[0, 1, 2, 3].map((i) => cluster(400 * i, blocks(20), i % 2 === 1))])
  const big = simpleBlock({ bytes: 1_000_000 })
  const cut = Buffer.concat([header, cluster(0, blocks(3)), cluster(60, [big]).subarray(0, 500_000)])

  test('is followed by the next file from its header on', () => {
    const stream = Buffer.concat([cut, file])
    const whole = frame(stream)
    expect(whole.bytes.equals(stream)).toBe(true)
    expect(whole.headers.map(({ bytes }) => bytes.equals(header))).toEqual([true, true])
    expect(whole.starts).toEqual(clustersOf(stream))
    expect(digest(frame(...cutInto(stream, 13)))).toBe(digest(whole))
  })

  test('is followed by the next Cluster', () => {
    const next = file.subarray(clustersOf(file)[1])
    const { starts } = frame(cut, next)
    expect(starts).toEqual(clustersOf(Buffer.concat([cut, next])))
  })

  test('continues after noise as long as a few large Clusters, and ends after more', () => {
    const noise = (bytes: number) => Buffer.alloc(bytes, 0)
    const next = cluster(0, blocks(3))
    const { bytes } = frame(header, next, noise(4_000_000), next)
    expect(bytes.subarray(-next.length).equals(next)).toBe(true)
    expect(() => frame(header, next, noise(formatLimits.lostBytesMax + 1))).toThrow(FormatError)
    expect(() => frame(noise(formatLimits.noiseBytesMax + 1))).toThrow(FormatError)
  })
})

describe('WebM with video', () => {
  const films = webmHeader(['video', 'audio'])
  const picture = (isKey: boolean, ticks = 0) => simpleBlock({ track: 1, isKey, ticks, bytes: 900 })
  const sound = (ticks = 0) => simpleBlock({ track: 2, ticks })
  const startsOf = (clusters: readonly Uint8Array[]) => {
    const stream = Buffer.concat([films, ...clusters])
    const whole = frame(stream)
    expect(whole.bytes.equals(stream)).toBe(true)
    expect(digest(frame(...cutInto(stream, 7)))).toBe(digest(whole))
    const starts = clustersOf(stream)
    return whole.starts.map((start) => starts.indexOf(start))
  }

  test('begins at a Cluster whose first picture is a key frame', () => {
    const clusters = [
      cluster(0, [picture(true), picture(false)]),
      cluster(100, [picture(false), picture(true)]),
      cluster(200, [sound(), picture(true), sound()]),
      cluster(300, [sound(), picture(false), sound()], true),
      cluster(400, [sound()]),
      cluster(500, [picture(true)], true),
    ]
    expect(startsOf(clusters)).toEqual([0, 2, 5])
  })

  test('recognizes a key frame in a group: it references no other picture', () => {
    const group = (isKey: boolean) => blockGroup({ track: 1, isKey, bytes: 900 })
    const clusters = [
      cluster(0, [sound(), group(true), sound()]),
      cluster(100, [group(false), group(true)]),
      cluster(200, [group(true)]),
      cluster(300, [picture(false)]),
    ]
    expect(startsOf(clusters)).toEqual([0, 2])
  })

  test('without a key frame at the start of any Cluster begins at any of them, after a while', () => {
    const clusters = Array.from({ length: formatLimits.keylessClustersMax + 3 }, (_, i) =>
      cluster(100 * i, [picture(i === 0)]),
    )
    const last = formatLimits.keylessClustersMax
    expect(startsOf(clusters)).toEqual([0, last + 1, last + 2])
  })

  test('waits for a picture no longer than a second or two of audio', () => {
    const framer = framerFor('video/webm')
    framer.push(Buffer.concat([films, cluster(0, [picture(true)])]))
    framer.take()
    const clusterHead = cluster(100, [], true)
    framer.push(clusterHead)
    let out = 0
    for (let i = 0; i < 1000; i++) {
      framer.push(sound(i))
      out += framer.take().bytes.length
      expect(framer.length).toBeLessThan(formatLimits.undecidedBytesMax + 500)
    }
    expect(out).toBeGreaterThan(100_000)
  })
})

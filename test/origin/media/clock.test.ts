import { describe, expect, test } from 'vitest'
import { mediaClock } from '../../../origin/media/clock.ts'
import { oggPage } from '../../kit/audio/ogg.ts'
import { blockGroup, cluster, simpleBlock, webmHeader } from '../../kit/audio/webm.ts'
import { fixture } from '../../kit/process/fixtures.ts'

/** Duration of a file in ms, read in pieces as a fallback file is. */
function playedMs(contentType: string, ...parts: readonly Uint8Array[]): number {
  const clock = mediaClock(contentType)
  const bytes = Buffer.concat(parts)
  for (let at = 0; at < bytes.length; at += 500) clock?.push(bytes.subarray(at, at + 500))
  return clock?.playedMs ?? 0
}

const audio = webmHeader(['audio'])
const blocks = (count: number, ticks = 20) =>
  Array.from({ length: count }, (_, i) => simpleBlock({ ticks: ticks * i }))

describe('a WebM file is timed by its blocks', () => {
  test('that are all in one Cluster', () => {
    expect(playedMs('audio/webm', audio, cluster(0, blocks(150)))).toBe(3000)
  })

  test('in Clusters of which the last is short', () => {
    const long = [0, 1000].map((ticks) => cluster(ticks, blocks(50)))
    expect(playedMs('audio/webm', audio, ...long, cluster(2000, blocks(5)))).toBe(2100)
  })

  test('in the time unit of its header', () => {
    const header = webmHeader(['audio'], { timestampScale: 100_000 })
    const clusters = [0, 10_000].map((ticks) => cluster(ticks, blocks(50, 200)))
    expect(playedMs('audio/webm', header, ...clusters)).toBe(2000)
  })

  test('that state their own duration, or have it from their track', () => {
    const header = webmHeader(['audio'], { blockNs: 60_000_000 })
    expect(playedMs('audio/webm', header, cluster(0, blocks(1)))).toBe(60)
    const last = blockGroup({ ticks: 20, durationTicks: 7 })
    expect(playedMs('audio/webm', audio, cluster(0, [...blocks(1), last]))).toBe(27)
  })

  test('or, if there is only one block, by the duration in its header', () => {
    const header = webmHeader(['audio'], { duration: 40 })
    expect(playedMs('audio/webm', header, cluster(0, blocks(1)))).toBe(40)
  })

  test('from the first one on, whatever its time, and however late the others come', () => {
    const gap = cluster(65_000, blocks(50))
    expect(playedMs('audio/webm', audio, cluster(60_000, blocks(50)), gap)).toBe(6000)
  })

  test('of all its tracks, each in its order', () => {
    const header = webmHeader(['video', 'audio'])
    const pictures = [0, 120, 40, 80].map((ticks, i) => simpleBlock({ track: 1, ticks, isKey: i === 0 }))
    const sound = simpleBlock({ track: 2, ticks: 10 })
    const stranger = simpleBlock({ track: 9, ticks: 30_000 })
    expect(playedMs('video/webm', header, cluster(0, [...pictures, sound, stranger]))).toBe(240)
  })

  test('and again from zero after another header', () => {
    const file = [audio, cluster(500, blocks(50))]
    expect(playedMs('audio/webm', ...file, ...file)).toBe(2000)
  })
})

describe('an Ogg file is timed by its pages', () => {
  /** Opus packets of 20 ms (RFC 6716 §3.1: configuration 31, one frame) */
  const packets = (count: number) => Array.from({ length: count }, () => Uint8Array.of(0xf8, 1, 2))
  const head = Buffer.from('OpusHead\x01\x01\x38\x01\x80\xbb\x00\x00\x00\x00\x00', 'latin1')
  const bos = oggPage([head], { isBos: true })
  const tags = oggPage([Buffer.from('OpusTags')], { sequence: 1 })
  const preSkip = 312

  test('also if all its sound lies on one page, as in silence', () => {
    const page = oggPage(packets(250), { sequence: 2, granule: 250 * 960, isEos: true })
    expect(playedMs('audio/ogg', bos, tags, page)).toBeCloseTo(5000 - preSkip / 48, 3)
  })

  test('including its first page, if it was cut out of a stream', () => {
    const page = (sequence: number, granule: number) => oggPage(packets(50), { sequence, granule })
    const from = 3_600_000 * 48
    expect(playedMs('audio/ogg', bos, tags, page(70, from), page(71, from + 48_000))).toBe(2000)
  })

  test.for(['opus.ogg', 'vorbis.ogg', 'flac.ogg'])('%s: to the ms', (name) => {
    const ms = playedMs('audio/ogg', fixture(name))
    expect(Math.abs(ms - 2000)).toBeLessThan(1)
  })
})

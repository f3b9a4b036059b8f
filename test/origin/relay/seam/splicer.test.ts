import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { headerLength } from '../../../../origin/format/formats.ts'
import type { IcyMetadata } from '../../../../origin/icy/metadata.ts'
import { scan } from '../../../../origin/relay/seam/scan.ts'
import { lookFor, splice } from '../../../../origin/relay/seam/splice.ts'
import { Splicer } from '../../../../origin/relay/seam/splicer.ts'
import { numberedFrame } from '../../../kit/audio/numbered-frames.ts'
import { noise } from '../../../kit/base/noise.ts'
import { repetitions } from '../../../kit/base/repetitions.ts'
import { fixture } from '../../../kit/process/fixtures.ts'

const stream = noise(200_000)

test('scan finds all matches that a plain search finds, also in repetitive bytes', () => {
  const few = fc.uint8Array({ max: 2, maxLength: 60 })
  fc.assert(
    fc.property(few, fc.uint8Array({ max: 2, minLength: 1, maxLength: 6 }), (text, part) => {
      const stands = (at: number) => part.every((byte, i) => text[at + i] === byte)
      const places = Array.from({ length: text.length }, (_, at) => at).filter(stands)
      const ends = (length: number) =>
        part.subarray(0, length).every((byte, i) => text[text.length - length + i] === byte)
      const overlap = Array.from({ length: Math.min(part.length, text.length) + 1 }, (_, n) => n).findLast(
        ends,
      )
      expect(scan(part, text)).toEqual({ first: places[0] ?? -1, count: places.length, overlap })
    }),
    { numRuns: repetitions(2000) },
  )
})

describe('splice', () => {
  test('a burst that begins in the held bytes continues after their end', () => {
    const [tail, head] = [stream.subarray(0, 100_000), stream.subarray(60_000, 130_000)]
    expect(lookFor(tail, head, 0)).toEqual({ at: 40_000 })
    expect(splice(tail, head)).toBe(40_000)
  })

  test('it waits until the burst reaches new bytes', () => {
    const tail = stream.subarray(0, 100_000)
    expect(lookFor(tail, stream.subarray(60_000, 60_500), 0)).toEqual({ needs: 1024 })
    expect(lookFor(tail, stream.subarray(60_000, 90_000), 0)).toEqual({ needs: 40_000 })
    expect(lookFor(tail, stream.subarray(60_000, 100_000), 0)).toEqual({ at: 40_000 })
  })

  test('zeros instead of half a frame at the beginning do not count', () => {
    const head = stream.slice(60_000, 130_000)
    head.fill(0, 0, 300)
    expect(splice(stream.subarray(0, 100_000), head)).toBe(40_000)
  })

  test('a burst longer than all bytes of a young relay', () => {
    const head = stream.subarray(0, 70_000)
    expect(lookFor(stream.subarray(20_000, 50_000), head, 0)).toBe('unsure')
    expect(splice(stream.subarray(20_000, 50_000), head)).toBe(50_000)
  })

  test('two streams without a common part', () => {
    expect(splice(stream.subarray(0, 100_000), noise(70_000, 7))).toBeUndefined()
  })

  test('a loop matches in several ways: the longest overlap within the burst, and only once the burst is complete', () => {
    const loop = noise(20_000)
    const looped = new Uint8Array(200_000).map((_, i) => loop[i % loop.length] ?? 0)
    const tail = looped.subarray(0, 105_000)
    const head = looped.subarray(90_000, 120_000)
    expect(lookFor(tail, head, 0)).toBe('unsure')
    expect(splice(tail, head)).toBe(15_000)
  })

  test('wherever a stream is cut, listeners get every byte once and in order', () => {
    const cuts = fc.record({
      lost: fc.integer({ min: 2000, max: 150_000 }),
      burst: fc.integer({ min: 1100, max: 60_000 }),
      pieces: fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 12 }),
    })
    fc.assert(
      fc.property(cuts, ({ lost, burst, pieces }) => {
        const from = Math.max(0, lost - burst)
        fc.pre(lost - from >= 1024)
        const got: Uint8Array[] = [stream.subarray(0, lost)]
        const splicer = new Splicer(stream.subarray(0, lost), {
          audio: (bytes) => got.push(bytes),
          metadata: () => {},
        })
        let at = from
        for (let i = 0; at < stream.length; i++) {
          const end = at + (pieces[i % pieces.length] ?? 1)
          splicer.audio(stream.subarray(at, end))
          at = end
        }
        expect(Buffer.concat(got).equals(stream)).toBe(true)
      }),
      { numRuns: 60 },
    )
  })
})

describe('the splicer', () => {
  const recorder = () => {
    const seen: (number | string)[] = []
    return {
      seen,
      audio: (bytes: Uint8Array) => void seen.push(bytes.length),
      metadata: ({ title }: IcyMetadata) => void seen.push(title),
    }
  }
  const titled = (title: string): IcyMetadata => ({ title, url: undefined })

  test('of the titles before the seam the last one is passed on, right at the seam', () => {
    const sink = recorder()
    const splicer = new Splicer(stream.subarray(0, 10_000), sink)
    splicer.audio(stream.subarray(5000, 7000))
    splicer.metadata(titled('old'))
    splicer.audio(stream.subarray(7000, 9000))
    splicer.metadata(titled('current'))
    splicer.audio(stream.subarray(9000, 12_000))
    splicer.metadata(titled('next'))
    splicer.audio(stream.subarray(12_000, 12_500))
    expect(sink.seen).toEqual(['current', 2000, 'next', 500])
  })

  test('a connection that has sent nothing yet is not judged', () => {
    const sink = recorder()
    const splicer = new Splicer(stream.subarray(0, 10_000), sink)
    expect([splicer.isEmpty, splicer.settle()]).toEqual([true, false])
    splicer.audio(stream.subarray(4000, 12_000))
    expect([splicer.isEmpty, splicer.settle()]).toEqual([false, true])
    expect(sink.seen).toEqual([2000])
  })

  test('settled without an overlap, the whole burst passes except the zeros before it', () => {
    const sink = recorder()
    const other = noise(5000, 9)
    other.fill(0, 0, 100)
    const splicer = new Splicer(stream.subarray(0, 10_000), sink)
    splicer.audio(other)
    expect(sink.seen).toEqual([])
    splicer.settle()
    expect(sink.seen).toEqual([4900])
    expect(splicer.isOpen).toBe(true)
  })
})

describe('a repetitive stream', () => {
  const repeated = (piece: Uint8Array, length: number) =>
    new Uint8Array(length).map((_, i) => piece[i % piece.length] ?? 0)
  const silentFrame = numberedFrame(1).subarray(0, 417)
  test.each([
    ['digital silence', repeated(silentFrame, 417 * 1500)],
    ['a loop of five seconds', repeated(noise(80_000), 640_000)],
  ])('goes on at the first asking after a moment without its upstream: %s', (_, whole) => {
    const lostAt = 417 * 700
    const got: Uint8Array[] = []
    const splicer = new Splicer(whole.subarray(lostAt - 262_144, lostAt), {
      audio: (bytes) => got.push(bytes),
      metadata: () => {},
    })
    splicer.audio(whole.subarray(lostAt - 60_000, lostAt + 417 * 20))
    expect(splicer.settle()).toBe(true)
    splicer.audio(whole.subarray(lostAt + 417 * 20, lostAt + 417 * 40))
    const heard = Buffer.concat(got)
    expect(Buffer.from(whole.subarray(lostAt, lostAt + heard.length)).equals(heard)).toBe(true)
    expect(heard.length).toBeGreaterThanOrEqual(417 * 20)
  })
})

describe('a burst that arrives in small pieces', () => {
  test.each([
    ['a header that never ends', () => undefined, 1],
    ['zeros without end', undefined, 0],
  ])('is looked at a few times, not once a crumb: %s', (_, lengthIn, byte) => {
    const looks = (crumbs: number) => {
      let count = 0
      let joinedBytes = 0
      const header = {
        bytes: new Uint8Array(),
        lengthIn: (head: Uint8Array) => {
          count++
          joinedBytes += head.length
          return lengthIn ? undefined : head.length
        },
      }
      const splicer = new Splicer(noise(5000), { audio: () => {}, metadata: () => {} }, header)
      for (let i = 0; i < crumbs; i++) splicer.audio(Uint8Array.of(byte))
      return { count, joinedBytes }
    }
    const [once, twice] = [looks(20_000), looks(40_000)]
    expect(twice.joinedBytes).toBeLessThan(once.joinedBytes * 2.6)
    expect(twice.count - once.count).toBeLessThan(6)
  })
})

describe('a burst of a container', () => {
  const opus = fixture('opus.ogg')
  const header = opus.subarray(0, 150)
  const seam = (tail: Uint8Array, burst: Uint8Array) => {
    const got: Uint8Array[] = []
    const sink = { audio: (bytes: Uint8Array) => void got.push(bytes), metadata: () => {} }
    const lengthIn = (head: Uint8Array) => headerLength('audio/ogg; codecs=opus', head)
    const splicer = new Splicer(tail, sink, { bytes: header, lengthIn })
    for (let at = 0; at < burst.length; at += 700) splicer.audio(burst.subarray(at, at + 700))
    splicer.settle()
    return Buffer.concat(got)
  }
  const burstFrom = (page: number) => Buffer.concat([header, opus.subarray(page)])

  test('continues where the mount ends, within a page too, whatever header precedes it', () => {
    for (const end of [4993, 5500, 7000])
      expect(seam(opus.subarray(0, end), burstFrom(3926)).equals(opus.subarray(end))).toBe(true)
  })

  test('that lags behind the mount is waited for, and nothing is repeated', () => {
    const got: Uint8Array[] = []
    const sink = { audio: (bytes: Uint8Array) => void got.push(bytes), metadata: () => {} }
    const lengthIn = (head: Uint8Array) => headerLength('audio/ogg; codecs=opus', head)
    const splicer = new Splicer(opus.subarray(0, 7000), sink, { bytes: header, lengthIn })
    const burst = burstFrom(1919)
    splicer.audio(burst.subarray(0, 4000))
    expect(splicer.settle()).toBe(false)
    expect(got).toEqual([])
    splicer.audio(burst.subarray(4000))
    expect(splicer.settle()).toBe(true)
    expect(Buffer.concat(got).equals(opus.subarray(7000))).toBe(true)
  })

  test('that goes further back than a young relay does not repeat bytes', () => {
    const young = Buffer.concat([header, opus.subarray(3926, 6060)])
    expect(seam(young, burstFrom(1919)).equals(opus.subarray(6060))).toBe(true)
  })

  test('after a gap that is too long follows without its header: listeners have it', () => {
    expect(seam(opus.subarray(0, 3926), burstFrom(6060)).equals(opus.subarray(6060))).toBe(true)
  })

  test('of another stream follows as a new link, header included', () => {
    const vorbis = fixture('vorbis.ogg')
    expect(seam(opus.subarray(0, 5500), vorbis).equals(vorbis)).toBe(true)
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { framerFor } from '../../../../origin/format/formats.ts'
import { FormatError, formatLimits } from '../../../../origin/format/limits.ts'
import { pageBytesMax } from '../../../../origin/format/ogg/page.ts'
import { cutInto, digest, framed } from '../../../kit/audio/framing.ts'
import { oggComments, oggPage } from '../../../kit/audio/ogg.ts'
import { placesWithin, repetitions } from '../../../kit/base/repetitions.ts'
import { fixture, pagesOf } from '../../../kit/process/fixtures.ts'

const frame = (...pieces: readonly Uint8Array[]) => framed(framerFor('audio/ogg; codecs=opus'), ...pieces)
const opusHead = Buffer.from('OpusHead\x01\x02\x00\x00\x80\xbb\x00\x00\x00\x00\x00', 'latin1')
const data = (length: number) => new Uint8Array(length).fill(0x21)

const title = 'Ä - Ünder'
const singles = [
  ['opus.ogg', 150],
  ['vorbis.ogg', 3542],
  ['flac.ogg', 175],
] as const

describe('an Ogg stream', () => {
  test.for(singles)(
    '%s: its header is kept, and a listener may begin at every page of data',
    ([name, headerBytes]) => {
      const stream = fixture(name)
      const { bytes, starts, headers } = frame(stream)
      expect(bytes.equals(stream)).toBe(true)
      expect(starts).toEqual(pagesOf(stream).filter((at) => at >= headerBytes))
      expect(headers).toEqual([{ from: headerBytes, bytes: bytes.subarray(0, headerBytes), title }])
    },
  )

  test('with video begins only at its key frames, and has the headers of both streams, BOS pages first', () => {
    const stream = fixture('theora.ogv')
    const { bytes, starts, headers } = frame(stream)
    expect(bytes.equals(stream)).toBe(true)
    expect(starts).toEqual([6933, 14_636, 21_785])
    expect(headers).toEqual([{ from: 6933, bytes: bytes.subarray(0, 6933), title }])
  })

  test('that is chained has a header for each link, from its first page of data on', () => {
    const [first, second, third] = [fixture('opus.ogg'), fixture('vorbis.ogg'), fixture('flac.ogg')]
    const { bytes, headers } = frame(Buffer.concat([first, second, third]))
    expect(bytes.length).toBe(first.length + second.length + third.length)
    expect(headers.map(({ from, bytes }) => [from, bytes.length])).toEqual([
      [150, 150],
      [first.length + 3542, 3542],
      [first.length + second.length + 175, 175],
    ])
  })

  test('is the same however it is split', () => {
    const stream = Buffer.concat([
      fixture('opus.ogg'),
      data(300),
      fixture('vorbis.ogg'),
      fixture('theora.ogv'),
    ])
    const whole = frame(stream)
    expect(digest(frame(...cutInto(stream, 1)))).toEqual(digest(whole))
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 9 }), (sizes) => {
        expect(digest(frame(...cutInto(stream, ...sizes)))).toEqual(digest(whole))
      }),
      { numRuns: 50 },
    )
  })

  test('can be split in two at every byte without a difference', () => {
    const stream = fixture('opus.ogg').subarray(0, 3000)
    const whole = digest(frame(stream))
    for (const at of placesWithin(stream.length))
      if (digest(frame(stream.subarray(0, at), stream.subarray(at))) !== whole) expect.fail(`cut at ${at}`)
  })

  test('is held up to its newest bytes, complete or not: a relay searches them for the point to continue', () => {
    const stream = fixture('opus.ogg')
    for (const at of [20, 100, 170, 5000]) {
      const framer = framerFor('audio/ogg')
      framer.push(stream.subarray(0, at))
      expect(Buffer.from(framer.peek())).toEqual(Buffer.from(stream.subarray(0, at)))
      expect(framer.length).toBe(at)
    }
  })
})

describe('an Ogg header', () => {
  const opusTags = oggComments('OpusTags', 'TITLE=T')
  const bos = oggPage([opusHead], { isBos: true })
  const tags = oggPage([opusTags], { sequence: 1 })
  const sound = (sequence: number) => oggPage([data(200), data(200)], { sequence, granule: 960 * sequence })

  test('waits for all of its pages, and is sent in one piece with the first page of data', () => {
    const framer = framerFor('audio/ogg')
    framer.push(Buffer.concat([bos, tags]))
    expect(framer.take().bytes.length).toBe(0)
    framer.push(sound(2))
    expect(Buffer.from(framer.take().bytes)).toEqual(Buffer.concat([bos, tags, sound(2)]))
  })

  test('has comments that span pages', () => {
    const long = oggComments('OpusTags', `COMMENT=${'x'.repeat(70_000)}`, 'title=Behind', 'ARTIST=Far')
    const cut = 255 * 255
    const first = oggPage([long.subarray(0, cut)], { lacing: Array(255).fill(255), granule: -1 })
    const rest = oggPage([long.subarray(cut)], { isContinued: true })
    expect(frame(bos, first, rest, sound(3)).headers.map(({ title }) => title)).toEqual(['Far - Behind'])
  })

  test.for([
    [['TITLE=T', 'ARTIST=A'], 'A - T'],
    [['title=T'], 'T'],
    [['ARTIST=A'], 'A'],
    [['TITLE=a=b'], 'a=b'],
    [['TITLE=first', 'TITLE=second'], 'first'],
    [['ALBUM=x', 'no name'], ''],
    [[], ''],
  ] as const)('with the comments %j has the title %j', ([comments, expected]) => {
    const stream = [bos, oggPage([oggComments('OpusTags', ...comments)]), sound(2)]
    expect(frame(...stream).headers.map(({ title }) => title)).toEqual([expected])
  })

  test('has the part of its comments that can be read, if they claim to be longer than they are', () => {
    const short = oggComments('OpusTags', 'TITLE=T', 'ARTIST=A').subarray(0, -1)
    short.writeUInt32LE(0xffffffff, 16)
    expect(frame(bos, oggPage([short]), sound(2)).headers.map(({ title }) => title)).toEqual(['T'])
  })

  test('of an unknown codec ends where time begins', () => {
    const stream = [
      oggPage([Buffer.from('a codec to come')], { isBos: true }),
      oggPage([data(10)]),
      oggPage([data(10)], { granule: 1 }),
      oggPage([data(10)], { granule: 2 }),
    ]
    const { headers, starts } = frame(...stream)
    const headerBytes = Buffer.concat(stream.slice(0, 2)).length
    expect(headers.map(({ from }) => from)).toEqual([headerBytes])
    expect(starts).toHaveLength(2)
  })

  test('starts again if its stream does, even without data', () => {
    const { headers } = frame(bos, tags, bos, tags, sound(2))
    expect(headers.map(({ bytes }) => bytes)).toEqual([Buffer.concat([bos, tags])])
  })

  test('beyond its limits ends the feed with a reason', () => {
    const lacing = Array<number>(235).fill(255)
    const part = oggPage([data(235 * 255)], { lacing, granule: -1, isContinued: true })
    const endless = Array<Uint8Array>(20).fill(part)
    expect(() => frame(bos, ...endless)).toThrow(FormatError)
    const many = Array.from({ length: formatLimits.oggStreamsMax + 1 }, (_, serial) =>
      oggPage([opusHead], { isBos: true, serial }),
    )
    expect(() => frame(...many)).toThrow('more than 32 Ogg streams')
  })
})

describe('noise in an Ogg stream', () => {
  const stream = fixture('opus.ogg')
  const pages = pagesOf(stream).map((at, i, all) => stream.subarray(at, all[i + 1] ?? stream.length))

  test('before and between pages is skipped', () => {
    const noisy = Buffer.concat([Buffer.from('OggOggSOggS\0'), ...pages.flatMap((page) => [page, data(77)])])
    const { bytes, starts } = frame(noisy)
    expect(bytes.equals(stream)).toBe(true)
    expect(starts).toEqual(frame(stream).starts)
  })

  test('a page with a flipped bit is dropped, and no other page', () => {
    const behind = data(pageBytesMax) // a page that claims to be longer is rejected once this many bytes have arrived
    const at = pagesOf(stream)
    fc.assert(
      fc.property(
        fc.integer({ min: 150, max: stream.length - 1 }),
        fc.integer({ min: 0, max: 7 }),
        (offset, bit) => {
          const bent = Buffer.from(stream)
          bent[offset] = (bent[offset] ?? 0) ^ (1 << bit)
          const index = at.findLastIndex((start) => start <= offset)
          const others = Buffer.concat(pages.filter((_, i) => i !== index))
          expect(frame(bent, behind).bytes.equals(others), `byte ${offset}`).toBe(true)
        },
      ),
      { numRuns: repetitions(200) },
    )
  })

  test('a source that begins in the middle is heard from its next header on', () => {
    const { bytes, headers } = frame(stream.subarray(2000), stream)
    expect(bytes.equals(stream)).toBe(true)
    expect(headers).toHaveLength(1)
  })

  test('pages of streams that never began end the feed with a reason', () => {
    const middle = Array<Uint8Array>(300).fill(pages[5] ?? stream)
    expect(() => frame(...middle)).toThrow('bytes in a row of Ogg streams that never began')
  })

  test('of any kind neither stops nor crashes it, and is not held for long', () => {
    const shreds = fc.oneof(
      fc.uint8Array({ maxLength: 400 }),
      fc.constantFrom(...pages, Buffer.from('OggS'), Buffer.from('OggS\0'), data(30)),
      fc.constantFrom(...pages).map((page) => page.subarray(0, page.length >> 1)),
    )
    fc.assert(
      fc.property(fc.array(shreds, { maxLength: 40 }), (pieces) => {
        const framer = framerFor('audio/ogg')
        const seen = framed(framer, ...pieces)
        expect(framer.length).toBeLessThan(pageBytesMax + 300)
        for (const start of seen.starts) expect(seen.bytes.subarray(start, start + 4).toString()).toBe('OggS')
        expect(digest(frame(Buffer.concat(pieces)))).toEqual(digest(seen))
      }),
    )
  })
})

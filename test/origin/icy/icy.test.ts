import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encoderFor } from '../../../origin/icy/charset.ts'
import { Deinterleaver } from '../../../origin/icy/deinterleaver.ts'
import { asksForMetadata, listenerHeaders, streamInfo } from '../../../origin/icy/headers.ts'
import { Interleaver } from '../../../origin/icy/interleaver.ts'
import { decodeMetadata, encodeMetadata } from '../../../origin/icy/metadata.ts'
import { createState } from '../../../origin/state.ts'
import { IcyReader } from '../../kit/icy-reader.ts'
import { ManualTime } from '../../kit/manual-time.ts'
import { framesOf } from '../../kit/mpeg.ts'
import { numberedFrame, numberOf } from '../../kit/numbered-frames.ts'
import { isThorough } from '../../kit/repetitions.ts'
import { mountOf } from '../../kit/reports.ts'
import { limitsWith } from '../../kit/server-limits.ts'
import { FakeWire } from '../../kit/wire.ts'

const frames = (from: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(from + i)))
const textOf = (block: Uint8Array) => Buffer.from(block.subarray(1)).toString()

describe('a metadata block', () => {
  test('has its length in units of 16, its text, and at least one NUL', () => {
    expect(textOf(encodeMetadata({ title: '', url: undefined }))).toBe("StreamTitle='';\0")
    const block = encodeMetadata({ title: 'x'.repeat(17), url: undefined }) // 32 bytes of text
    expect(block[0]).toBe(3)
    expect(block).toHaveLength(1 + 48)
    expect(textOf(encodeMetadata({ title: 'A - T', url: 'http://u/' }))).toMatch(
      /^StreamTitle='A - T';StreamUrl='http:\/\/u\/';\0+$/,
    )
  })

  test('cannot be ended by its title', () => {
    const block = encodeMetadata({ title: "it's a 'test'; x';y", url: undefined })
    expect(textOf(block).split("';")).toHaveLength(2)
    expect(decodeMetadata(block.subarray(1))?.title).toBe("it's a 'test’; x’;y")
  })

  test('is cut between characters if the title is too long', () => {
    const block = encodeMetadata({ title: 'ü'.repeat(5000), url: undefined })
    expect(block).toHaveLength(1 + 4080)
    expect(decodeMetadata(block.subarray(1))?.title).toMatch(/^ü{2000,}$/)
  })

  test('leaves out a URL that would take the place of the title: half of one leads nowhere', () => {
    const told = (url: string) => decodeMetadata(encodeMetadata({ title: 'Sigur Rós', url }).subarray(1))
    expect(told(`http://a/${'ü'.repeat(900)}`)?.url).toHaveLength(909)
    for (const length of [1100, 3000, 9000])
      expect(told(`http://a/${'ü'.repeat(length)}`)).toEqual({ title: 'Sigur Rós', url: undefined })
    const full = encodeMetadata({ title: 'x'.repeat(5000), url: 'u' })
    expect(full).toHaveLength(1 + 4080)
    expect(decodeMetadata(full.subarray(1))?.url).toBe('u')
  })

  test('is decoded as UTF-8, else as latin1, with quotes in it', () => {
    const decoded = (text: string, encoding: BufferEncoding = 'utf8') =>
      decodeMetadata(Buffer.from(text, encoding))
    expect(decoded("StreamTitle='Sigur Rós';\0\0")?.title).toBe('Sigur Rós')
    expect(decoded("StreamTitle='Sigur Rós';\0", 'latin1')?.title).toBe('Sigur Rós')
    expect(decoded("StreamTitle='it's a 'test'; x';StreamUrl='u';")).toEqual({
      title: "it's a 'test'; x",
      url: 'u',
    })
    expect(decoded("StreamUrl='u';")).toBeUndefined()
  })

  test('decodes to the encoded title', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 200 }).filter((value) => !/[\0\r\n]|';/.test(value))
    fc.assert(
      fc.property(text, fc.option(text, { nil: undefined }), (title, url) => {
        expect(decodeMetadata(encodeMetadata({ title, url }).subarray(1))).toEqual({ title, url })
      }),
    )
  })
})

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

describe('the charset of titles (docs/icecast.md#icy-metadata)', () => {
  const textOf = (title: string, charset: string | undefined) => {
    const block = encodeMetadata({ title, url: undefined }, encoderFor(charset))
    return Buffer.from(block.subarray(1)).toString('latin1').replace(/\0+$/, '')
  }
  test.each([
    [undefined, 'Café', "StreamTitle='Caf\xc3\xa9';"],
    ['UTF-8', 'Café', "StreamTitle='Caf\xc3\xa9';"],
    ['ISO8859-1', 'Café', "StreamTitle='Caf\xe9';"],
    ['iso-8859-1', 'Ж', "StreamTitle='?';"],
    ['windows-1251', 'Жук', "StreamTitle='\xc6\xf3\xea';"],
    ['Shift_JIS', 'é', "StreamTitle='\xc3\xa9';"],
    ['no-such-charset', 'é', "StreamTitle='\xc3\xa9';"],
  ])('%s: %s is told as %j', (charset, title, told) => {
    expect(textOf(title, charset)).toBe(told)
  })
})

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

/** Icecast's default, used if a mount sets nothing else */
const metaint = 16_000

/** A mount whose listeners ask for metadata. */
function icyMount(burstBytes = 65_536) {
  const time = new ManualTime()
  const config = { limits: limitsWith({ burst: { bytes: burstBytes } }) }
  const { mounts } = createState(config, time.nowMs, time)
  const name = mountOf('/live.mp3')
  const feed = mounts.open(name, {
    kind: 'source',
    contentType: 'audio/mpeg',
    headers: new Map(),
    owner: 'source',
  })
  const mount = mounts.get(name)
  if (feed === 'in use' || !mount) throw new Error('the mount did not open')
  let next = 0
  /** plays this many frames and flushes */
  const play = (count: number) => {
    feed.push(frames(next, count))
    next += count
    mount.flush()
  }
  const join = (icy = true) => {
    const wire = new FakeWire()
    mount.join(
      wire,
      new Uint8Array(0),
      { address: '', userAgent: undefined, connectedAtMs: 0, isRelay: false },
      icy,
    )
    return wire
  }
  return { time, feed, mount, play, join, framesPlayed: () => next }
}

/** A woven stream as a player reads it, parsed by the test kit's own reader. */
function played(wire: FakeWire) {
  const reader = new IcyReader(metaint)
  const audio = Buffer.concat(reader.push(wire.bytes))
  const zeros = audio.findIndex((byte) => byte !== 0)
  const { frames: heard, skipped } = framesOf(audio)
  const numbers = heard.map(numberOf)
  return { titles: reader.titles, zeros: Math.max(0, zeros), skipped, numbers }
}

describe('listeners that ask for metadata', () => {
  test('begin on the grid with zeros up to the first frame, and hear every frame from there', async () => {
    const { time, play, join, framesPlayed } = icyMount()
    const wires: FakeWire[] = []
    for (let i = 0; i < (isThorough ? 60 : 12); i++) {
      play(20)
      wires.push(join())
    }
    play(100)
    await time.pass(0)
    for (const wire of wires) {
      const { zeros, skipped, numbers } = played(wire)
      expect(skipped).toBe(zeros)
      expect(zeros).toBeLessThan(420)
      const [first = -1] = numbers
      const all = Array.from({ length: framesPlayed() - first }, (_, i) => first + i)
      expect(numbers.join(' ')).toBe(all.join(' '))
    }
  })

  test('get the current title in their first block, wherever they join', async () => {
    const { time, feed, play, join } = icyMount()
    feed.setTitle('before')
    const wires: FakeWire[] = []
    for (let i = 0; i < (isThorough ? 30 : 8); i++) {
      play(20)
      wires.push(join())
    }
    play(100)
    await time.pass(0)
    for (const wire of wires) expect(played(wire).titles[0]).toEqual({ atByte: metaint, title: 'before' })
  })

  test('get a new title at the first grid point after it, once', () => {
    const { feed, play, join } = icyMount()
    play(200)
    const wire = join()
    play(100)
    feed.setTitle('Artist - New')
    play(200)
    const titles = played(wire).titles.map(({ title }) => title)
    expect(titles).toEqual(['', 'Artist - New'])
  })

  test('without a burst still begin on the grid and get the title', () => {
    const { feed, play, join } = icyMount(0)
    feed.setTitle('now')
    play(50)
    const wire = join()
    play(200)
    expect(played(wire).titles[0]?.title).toBe('now')
    expect(played(wire).numbers.length).toBeGreaterThan(200)
  })

  test('share one woven copy of the bytes', async () => {
    const { time, play, join } = icyMount()
    play(300)
    const wires = Array.from({ length: 20 }, () => join())
    play(40)
    await time.pass(0)
    const newest = new Set(wires.map((wire) => wire.writes.at(-1)?.[0]?.buffer))
    const burst = new Set(wires.flatMap((wire) => wire.writes[0]?.slice(1).map(({ buffer }) => buffer) ?? []))
    expect(newest.size).toBe(1)
    expect(burst.size).toBeLessThanOrEqual(wires[0]?.writes[0]?.length ?? 0)
  })

  test('do not change what other listeners hear', () => {
    const { play, join, framesPlayed } = icyMount()
    play(100)
    const plain = join(false)
    join()
    play(100)
    const { frames: heard, skipped } = framesOf(plain.bytes)
    expect(skipped).toBe(0)
    expect(heard.map(numberOf).at(-1)).toBe(framesPlayed() - 1)
  })
})

test.each([
  ['1', true],
  ['1, 1', true],
  ['0,1', true],
  ['0', false],
  ['', false],
  ['yes', false],
  [undefined, false],
])('Icy-MetaData: %s asks for metadata: %s', (value, asks) => {
  expect(asksForMetadata(value)).toBe(asks)
})

describe("a source's stream headers", () => {
  const headers = new Map([
    ['ice-name', 'My Name'],
    ['ice-public', '0'],
    ['ice-audio-info', 'ice-samplerate=44100;ice-bitrate=128;ice-channels=2'],
    ['ice-password', 'secret'],
    ['icy-metaint', '8192'],
    ['icy-genre', 'rock'],
    ['content-type', 'audio/mpeg'],
  ])

  test('are sent to listeners under icy names, in order, without its secrets', () => {
    expect(listenerHeaders(headers)).toEqual([
      ['ice-audio-info', 'ice-samplerate=44100;ice-bitrate=128;ice-channels=2'],
      ['icy-br', '128'],
      ['icy-genre', 'rock'],
      ['icy-name', 'My Name'],
      ['icy-pub', '0'],
    ])
  })

  test('appear in the stats', () => {
    expect(streamInfo(headers)).toMatchObject({
      name: 'My Name',
      genre: 'rock',
      bitrate: 128,
      url: undefined,
    })
    expect(streamInfo(new Map([['ice-name', 'caf\xc3\xa9']])).name).toBe('café')
    expect(streamInfo(new Map([['ice-name', 'caf\xe9']])).name).toBe('café')
  })
})

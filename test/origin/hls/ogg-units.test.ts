import { describe, expect, test } from 'vitest'
import type { Comments } from '../../../origin/format/framer.ts'
import { OggFramer } from '../../../origin/format/ogg/ogg-framer.ts'
import { packetsOf, pagesIn } from '../../../origin/format/ogg/page.ts'
import { kindOfMount, whyNotPackaged } from '../../../origin/hls/formats.ts'
import { OggUnits } from '../../../origin/hls/ogg-units.ts'
import type { Segment } from '../../../origin/hls/segment.ts'
import { SegmentWindow } from '../../../origin/hls/segment-window.ts'
import { Segmenter } from '../../../origin/hls/segmenter.ts'
import { joined } from '../../../shared/bytes.ts'
import { readMp4 } from '../../kit/audio/mp4-reader.ts'
import { oggComments, oggPage } from '../../kit/audio/ogg.ts'
import { readMediaPlaylist } from '../../kit/hls/hls-readers.ts'
import { fixture } from '../../kit/process/fixtures.ts'

/** A packager of Ogg, and what it has made. */
function packaging(segmentSeconds = 0.5) {
  const segments: Segment[] = []
  const window = new SegmentWindow({
    segmentSeconds,
    windowSeconds: 60,
    firstDiscontinuity: 0,
    isSteered: false,
    nowMs: () => 0,
  })
  const segmenter = new Segmenter({
    segmentSeconds,
    firstNumber: 100,
    wallMs: () => Date.UTC(2026, 0, 1),
    onSegment: (segment) => {
      segments.push(segment)
      window.push(segment)
    },
  })
  const framer = new OggFramer()
  const chunks: Uint8Array[] = []
  let units = new OggUnits(new Uint8Array(), segmenter)
  const play = (bytes: Uint8Array, pieceBytes = 1000, retitle?: Comments) => {
    for (let at = 0; at < bytes.length; at += pieceBytes) {
      framer.push(bytes.subarray(at, at + pieceBytes))
      const cut = framer.take()
      if (cut.bytes.length > 0) chunks.push(cut.bytes)
      // a mount's chunks are Buffers, whose `slice` copies nothing
      units.push({ bytes: Buffer.from(cut.bytes.buffer), frames: cut.frames })
      if (retitle && at === 4 * pieceBytes) framer.retitle(retitle)
    }
  }
  const end = () => segmenter.break()
  const join = (header: Uint8Array) => {
    units = new OggUnits(header, segmenter)
  }
  return { segments, segmenter, window, chunks, play, end, join }
}

/** All of a stream packaged. */
function packaged(bytes: Uint8Array, pieceBytes?: number, retitle?: Comments) {
  const made = packaging()
  made.play(bytes, pieceBytes, retitle)
  made.end()
  return made.segments
}

const initOf = (segments: readonly Segment[]) => segments[0]?.init?.bytes ?? new Uint8Array()
const read = (segments: readonly Segment[]) =>
  readMp4(
    initOf(segments),
    segments.map(({ pieces }) => pieces),
  )
const audioIn = (segments: readonly Segment[]) => joined(read(segments).samples.map(({ bytes }) => bytes))
/** the packets of a file of one stream after its two headers */
const packetsIn = (bytes: Uint8Array) => packetsOf([...pagesIn(bytes)]).slice(2)

/** `OggPage`s of Opus with packets of 20 ms that are told apart by their contents. */
function opus({ serial = 1, channels = 2, preSkip = 312, title = '', first = 0, packets = 100 } = {}) {
  const head = Buffer.alloc(19)
  head.write('OpusHead\x01', 'latin1')
  head[9] = channels
  head.writeUInt16LE(preSkip, 10)
  head.writeUInt32LE(48_000, 12)
  const header = [
    oggPage([head], { serial, isBos: true }),
    oggPage([oggComments('OpusTags', ...(title ? [`TITLE=${title}`, 'ARTIST=An Artist'] : []))], {
      serial,
      sequence: 1,
    }),
  ]
  const pages = Array.from({ length: packets / 10 }, (_, i) =>
    oggPage(
      Array.from({ length: 10 }, (_, k) => Uint8Array.of(0xf8, 0, first + i * 10 + k)),
      { serial, sequence: 2 + i, granule: (i + 1) * 9600 },
    ),
  )
  return { header, pages, all: joined([...header, ...pages]) }
}
const numbersIn = (segments: readonly Segment[]) => read(segments).samples.map(({ bytes }) => bytes[2])
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

describe.each([
  ['opus', 'Opus', 960, 48_000],
  ['flac', 'fLaC', 4608, 48_000],
] as const)('%s in Ogg as fragmented MP4', (name, codec, duration, timescale) => {
  const file = fixture(`${name}.ogg`)

  test('holds each packet once and in order, with its length in samples, by another parser', () => {
    const segments = packaged(file)
    const { samples, ...track } = read(segments)
    expect([track.codec.split('.')[0], track.timescale]).toEqual([codec, timescale])
    expect(samples.map(({ bytes }) => Buffer.from(bytes))).toEqual(
      packetsIn(file).map((each) => Buffer.from(each)),
    )
    expect(new Set(samples.slice(0, -1).map((each) => each.duration))).toEqual(new Set([duration]))
    let due = 0
    for (const sample of samples) {
      expect(sample.dts).toBe(due)
      due += sample.duration
    }
    expect(due / timescale).toBeCloseTo(
      segments.reduce((sum, { seconds }) => sum + seconds, 0),
      9,
    )
    expect(segments.map(({ discontinuity }) => discontinuity)).toEqual(segments.map(() => false))
  })

  test('is the same however the bytes come', () => {
    const whole = packaged(file).map(({ pieces }) => joined(pieces))
    for (const pieceBytes of [file.length, 333, 7])
      expect(packaged(file, pieceBytes).map(({ pieces }) => joined(pieces))).toEqual(whole)
  })

  test('changes nothing of the chunks, which listeners get as well', () => {
    const { chunks, play, end } = packaging()
    play(file)
    end()
    expect(joined(chunks)).toEqual(new Uint8Array(file))
  })

  test('copies no packet that lies on one page', () => {
    const { segments, chunks, play, end } = packaging()
    play(file)
    end()
    const shared = new Set(chunks.map(({ buffer }) => buffer))
    for (const { pieces, titles } of segments) {
      const audio = pieces.slice(titles.length > 0 ? 2 : 1) // behind the event and the head of the fragment
      expect(audio.length).toBeGreaterThan(0)
      expect(audio.every(({ buffer }) => shared.has(buffer as ArrayBuffer))).toBe(true)
    }
  })

  test('goes on through a title change by this server: the same audio, one track, no discontinuity', () => {
    const segments = packaged(file, 1000, [
      ['TITLE', 'Another'],
      ['ARTIST', 'An Artist'],
    ])
    expect(Buffer.from(audioIn(segments)).equals(audioIn(packaged(file)))).toBe(true)
    expect(segments.filter(({ discontinuity }) => discontinuity)).toEqual([])
    expect(new Set(segments.map(({ init }) => init?.number))).toEqual(new Set([100]))
    const titles = segments.flatMap((each) => each.titles.map(({ title, artist }) => [title, artist]))
    expect(titles).toEqual([
      ['Ünder', 'Ä'],
      ['Another', 'An Artist'],
    ])
    const events = read(segments).file.getBoxes('emsg', false)
    expect(events.length).toBe(segments.filter((each) => each.titles.length > 0).length)
    expect(Buffer.from(joined(segments.flatMap(({ pieces: [first] }) => first ?? []))).toString()).toContain(
      'https://aomedia.org/emsg/ID3\0',
    )
  })

  test('is listed with its initialization segment, by another parser', () => {
    const { window, play, end } = packaging()
    play(file)
    end()
    const { segments } = readMediaPlaylist(window.playlist.textFor('?s=x'))
    expect(segments[0]?.map?.uri).toBe('init-100.mp4?s=x')
    expect(segments[0]?.uri).toBe('100.m4s?s=x')
    expect(window.init(100)?.length).toBeGreaterThan(400)
  })
})

test('an initialization segment holds the setup that the codec needs', () => {
  const opusEntry = read(packaged(fixture('opus.ogg'))).file.getBox('dOps')
  expect(opusEntry).toMatchObject({
    Version: 0,
    OutputChannelCount: 1,
    PreSkip: 312,
    InputSampleRate: 48_000,
  })
  const flac = fixture('flac.ogg')
  const [first = new Uint8Array()] = packetsOf([...pagesIn(flac)])
  const init = Buffer.from(initOf(packaged(flac)))
  const at = init.indexOf('dfLa') + 8
  // the last metadata block, of type 0; lengths of frames, of the file and its checksum are not known of a live stream
  expect(init.subarray(at, at + 4)).toEqual(Buffer.from([0x80, 0, 0, 34]))
  expect(init.subarray(at + 4, at + 8)).toEqual(Buffer.from(first.subarray(17, 21)))
  expect(init.subarray(at + 14, at + 17)).toEqual(Buffer.from(first.subarray(27, 30)))
  expect(init.subarray(at + 18, at + 38)).toEqual(Buffer.alloc(20))
})

test.each(['opus', 'flac'])(
  'a %s header that is a Buffer within other bytes is read, and left as it is',
  (name) => {
    const file = fixture(`${name}.ogg`)
    const pages = [...pagesIn(file)].map(({ bytes }) => bytes)
    const plain = joined(pages.slice(0, 2))
    const around = Buffer.concat([Buffer.alloc(100, 0xff), plain, Buffer.alloc(100, 0xff)])
    const header = around.subarray(100, 100 + plain.length)
    const segments: Segment[] = []
    const segmenter = new Segmenter({
      segmentSeconds: 0.5,
      firstNumber: 100,
      wallMs: () => 0,
      onSegment: (segment) => segments.push(segment),
    })
    const units = new OggUnits(header, segmenter)
    for (const bytes of pages.slice(2)) units.push({ bytes, frames: [] })
    segmenter.break()
    expect(Buffer.from(initOf(segments))).toEqual(Buffer.from(initOf(packaged(file))))
    expect(header.equals(plain)).toBe(true)
  },
)

describe('links of a chain', () => {
  test('with the same parameters continue: another title, no discontinuity, no packet lost', () => {
    const { segments, play, end } = packaging()
    play(opus({ title: 'One' }).all)
    play(opus({ serial: 2, title: 'Two', first: 100, preSkip: 400 }).all)
    end()
    expect(numbersIn(segments)).toEqual(upTo(200))
    expect(segments.map(({ discontinuity }) => discontinuity)).toEqual(segments.map(() => false))
    expect(segments.flatMap(({ titles }) => titles.map(({ title }) => title))).toEqual(['One', 'Two'])
  })

  test('with other parameters begin after a discontinuity, with an initialization segment of their own', () => {
    const { segments, play, end } = packaging()
    play(opus().all)
    play(opus({ serial: 2, channels: 1 }).all)
    play(fixture('flac.ogg'))
    play(opus({ serial: 3, channels: 1 }).all)
    end()
    const begun = segments.filter(({ discontinuity }, i) => discontinuity || i === 0)
    expect(begun.map(({ kind, init }) => [kind, init?.number])).toEqual([
      ['opus', 100],
      ['opus', 101],
      ['flac', 102],
      ['opus', 103],
    ])
    expect(begun.at(-1)?.init?.bytes).toEqual(begun[1]?.init?.bytes)
  })

  test('of which one cannot be packaged leave a gap', () => {
    const { segments, play, end } = packaging()
    play(opus({ packets: 50 }).all)
    play(fixture('vorbis.ogg'))
    play(fixture('theora.ogv'))
    play(opus({ serial: 2, first: 50, packets: 50 }).all)
    end()
    expect(numbersIn(segments)).toEqual(upTo(100))
    expect(segments.filter(({ discontinuity }) => discontinuity).length).toBe(1)
  })

  test('lose the packets that lie behind their end: an encoder flushes itself with silence (RFC 7845 §4.4)', () => {
    const { segments, play, end } = packaging()
    const { header, pages } = opus({ packets: 10 })
    const last = [10, 11, 12].map((n) => Uint8Array.of(0xf8, 0, n))
    play(
      joined([...header, ...pages, oggPage(last, { sequence: 3, granule: 9600 + 960 + 100, isEos: true })]),
    )
    play(opus({ serial: 2, first: 12, packets: 10 }).all)
    end()
    expect(numbersIn(segments)).toEqual(upTo(22))
  })
})

describe('what is missing or wrong', () => {
  test('a lost page is a discontinuity, and no packet is put together from two', () => {
    const { segments, play, end } = packaging()
    const { header, pages } = opus()
    const [long, rest] = [Buffer.alloc(255, 0xf8), Buffer.alloc(40, 1)]
    const torn = oggPage([long], { sequence: 2, granule: -1, lacing: [255] })
    const tail = oggPage([rest, Uint8Array.of(0xf8, 0, 7)], { sequence: 4, granule: 9600, isContinued: true })
    const whole = oggPage([Uint8Array.of(0xf8, 0, 6)], { sequence: 1, granule: 960 })
    play(joined([...header, whole, torn, tail]))
    end()
    expect(numbersIn(segments)).toEqual([6, 7])
    expect(segments.map(({ discontinuity }) => discontinuity)).toEqual([false, true])
    const lost = packaging()
    lost.play(joined([...header, ...pages.slice(0, 3), ...pages.slice(4)]))
    lost.end()
    expect(numbersIn(lost.segments)).toEqual([...upTo(30), ...upTo(100).slice(40)])
    expect(lost.segments.filter(({ discontinuity }) => discontinuity).length).toBe(1)
  })

  test('a packet that spans pages is whole', () => {
    const { segments, play, end } = packaging()
    const { header } = opus()
    const packet = Buffer.alloc(600, 5).fill(0xf8, 0, 1)
    const lacing = { lacing: [255], granule: -1 }
    play(
      joined([
        ...header,
        oggPage([packet.subarray(0, 255)], { ...lacing, sequence: 2 }),
        oggPage([packet.subarray(255, 510)], { ...lacing, sequence: 3, isContinued: true }),
        oggPage([packet.subarray(510)], { sequence: 4, granule: 960, isContinued: true }),
      ]),
    )
    end()
    expect(Buffer.from(audioIn(segments))).toEqual(packet)
  })

  test('a packager that joins late begins with the header that the mount keeps', () => {
    const { segments, play, end, join } = packaging()
    const { header, pages } = opus({ title: 'Late' })
    play(joined(header))
    join(joined(header))
    play(joined(pages.slice(0, 1)))
    join(joined(header))
    play(joined(pages.slice(1)))
    end()
    expect(numbersIn(segments)).toEqual(upTo(100))
    expect(segments[0]?.titles[0]).toMatchObject({ title: 'Late', artist: 'An Artist' })
  })

  test('packets without a sample, and headers cut short, are left out', () => {
    const { segments, play, end } = packaging()
    const { header, all } = opus({ packets: 50 })
    const odd = [
      Uint8Array.of(),
      Uint8Array.of(0xfb, 0),
      new Uint8Array(61_441).fill(0xf8),
      Uint8Array.of(0xf8, 0, 50),
    ]
    play(
      joined([
        all,
        oggPage(odd.slice(0, 2), { sequence: 7, granule: 48_000 }),
        oggPage(odd.slice(3), { sequence: 8, granule: 48_960 }),
      ]),
    )
    play(joined([oggPage([Buffer.from('OpusHead\x01')], { serial: 9, isBos: true }), ...header.slice(1)]))
    play(joined([oggPage([Buffer.from('\x7fFLAC\x01\0', 'latin1')], { serial: 10, isBos: true })]))
    end()
    expect(numbersIn(segments)).toEqual(upTo(51))
  })
})

test('the kind of a mount follows from its header, and an error says why it has none', () => {
  const ogg = (subtype: string) => ({ format: 'ogg', facts: { subtype } })
  expect(kindOfMount(ogg('Opus'))).toBe('opus')
  expect(kindOfMount(ogg('FLAC'))).toBe('flac')
  expect(kindOfMount({ format: 'ogg', facts: undefined })).toBeUndefined()
  for (const mount of [ogg('Vorbis'), ogg('Theora/Opus'), { format: 'webm', facts: undefined }])
    expect(kindOfMount(mount)).toBe('none')
  expect(whyNotPackaged(ogg('Vorbis'))).toContain('this mount is Vorbis')
})

import { describe, expect, test } from 'vitest'
import { hlsLimits } from '../../../shared/hls/limits.ts'
import { type ListedSegment, PrintedPlaylist } from '../../../shared/hls/media-playlist.ts'
import { readMirrored } from '../../../shared/hls/mirrored-playlist.ts'

const segment = (number: number, over: Partial<ListedSegment> = {}): ListedSegment => ({
  uri: `${number}.m4s`,
  seconds: 4,
  startMs: number * 4000,
  discontinuity: false,
  init: undefined,
  ...over,
})
const printed = (
  segments: readonly ListedSegment[],
  over: { ended?: boolean; targetSeconds?: number; behindSeconds?: number | undefined } = {},
) =>
  new PrintedPlaylist({
    targetSeconds: 4,
    behindSeconds: 20,
    sequence: 20,
    discontinuitySequence: 1,
    titles: [{ id: '1', startMs: 80_000, title: 'one\u2028two "x"', artist: 'a' }],
    ended: false,
    segments,
    ...over,
  }).textFor('')

describe('a printed media playlist', () => {
  test('has the version that its segments need, its times, and its end', () => {
    const packed = printed([segment(20), segment(21), segment(22, { discontinuity: true })])
    expect(packed.split('\n')).toEqual([
      '#EXTM3U',
      '#EXT-X-VERSION:3',
      '#EXT-X-TARGETDURATION:4',
      '#EXT-X-START:TIME-OFFSET=-20',
      '#EXT-X-MEDIA-SEQUENCE:20',
      '#EXT-X-DISCONTINUITY-SEQUENCE:1',
      '#EXT-X-DATERANGE:ID="1",CLASS="distributary.title",START-DATE="1970-01-01T00:01:20.000Z",END-ON-NEXT=YES,X-TITLE="one two ”x”",X-ARTIST="a"',
      '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:20.000Z',
      '#EXTINF:4.000000,',
      '20.m4s',
      '#EXTINF:4.000000,',
      '21.m4s',
      '#EXT-X-DISCONTINUITY',
      '#EXT-X-PROGRAM-DATE-TIME:1970-01-01T00:01:28.000Z',
      '#EXTINF:4.000000,',
      '22.m4s',
      '',
    ])
    expect(printed([segment(20)], { ended: true })).toMatch(/20\.m4s\n#EXT-X-ENDLIST\n$/)
    expect(printed([segment(20)], { behindSeconds: undefined })).not.toContain('EXT-X-START')
  })

  test('names an initialization once for the segments that share it, and again after a discontinuity', () => {
    const lines = printed([
      segment(20),
      segment(21, { init: 'init-1.mp4' }),
      segment(22, { init: 'init-1.mp4' }),
      segment(23, { init: 'init-1.mp4', discontinuity: true }),
      segment(24, { init: 'init-2.mp4' }),
    ]).split('\n')
    expect(lines).toContain('#EXT-X-VERSION:6')
    expect(lines.filter((line) => /MAP|m4s/.test(line))).toEqual([
      '20.m4s',
      '#EXT-X-MAP:URI="init-1.mp4"',
      '21.m4s',
      '22.m4s',
      '#EXT-X-MAP:URI="init-1.mp4"',
      '23.m4s',
      '#EXT-X-MAP:URI="init-2.mp4"',
      '24.m4s',
    ])
  })
})

describe('a playlist that a slave passes on', () => {
  const text = printed([20, 21, 22].map((number) => segment(number, { init: 'init-7.mp4' })))

  test('has the query at each segment and each initialization, and nowhere else', () => {
    const lines = readMirrored(text)?.textFor('?s=1').split('\n') ?? []
    expect(lines.filter((line) => line.includes('?s=1'))).toEqual([
      '#EXT-X-MAP:URI="init-7.mp4?s=1"',
      '20.m4s?s=1',
      '21.m4s?s=1',
      '22.m4s?s=1',
    ])
  })

  test('is what its master prints for a session with that query', () => {
    const listed = {
      targetSeconds: 4,
      behindSeconds: undefined,
      sequence: 20,
      discontinuitySequence: 1,
      titles: [],
      ended: false,
      segments: [20, 21].map((number) => segment(number, { init: 'init-7.mp4' })),
    }
    const playlist = new PrintedPlaylist(listed)
    expect(readMirrored(playlist.textFor(''))?.textFor('?s=1')).toBe(playlist.textFor('?s=1'))
    expect(playlist.textFor('?s=1')).toContain('\n20.m4s?s=1\n')
  })

  test('tells players where to begin, as its master does', () => {
    expect(readMirrored(text)?.textFor('')).toContain('\n#EXT-X-START:TIME-OFFSET=-20\n')
    expect(readMirrored(text)?.textFor('')).toBe(text)
  })

  test('may have as many segments around those that it lists as it lists, and the eight that are kept', () => {
    const may = readMirrored(text)?.mayHave
    const around = 3 + hlsLimits.unlistedSegments
    const numbers = [19 - around, 20 - around, 22 + around, 23 + around]
    expect(numbers.map((n) => may?.('segment', n))).toEqual([false, true, true, false])
    expect([may?.('init', 7), may?.('init', 6), may?.('segment', 7), may?.('init', 20)]).toEqual([
      true,
      false,
      false,
      true,
    ])
  })

  test('without segments may have any', () => {
    const may = readMirrored(printed([]))?.mayHave
    expect([may?.('segment', 0), may?.('segment', 10 ** 9)]).toEqual([true, true])
  })

  test.each([
    ['a target duration of no number', text.replace('DURATION:4', 'DURATION:4x')],
    ['a target duration of five digits', text.replace('DURATION:4', 'DURATION:10000')],
    ['none', text.replace('#EXT-X-TARGETDURATION:4\n', '')],
    ['one behind something else', text.replace('#EXT-X-TARGETDURATION:4', '#EXTINF:#EXT-X-TARGETDURATION:4')],
    ['a line without an end', text.slice(0, -1)],
    ['a segment with more behind its name', text.replace('20.m4s', '20.m4s/../../other')],
    ['an initialization behind something else', text.replace('#EXT-X-MAP', 'http://b/#EXT-X-MAP')],
    ['an initialization with more behind it', text.replace('7.mp4"', '7.mp4",BYTERANGE="1@2"')],
    ['a tag behind something else', text.replace('#EXTINF', 'http://b/#EXTINF')],
    ['too many bytes', text + '#EXT-X-DISCONTINUITY\n'.repeat(hlsLimits.playlistBytesMax / 20)],
  ])('is not one with %s', (_, other) => expect(readMirrored(other)).toBeUndefined())

  test('may have exactly as many bytes as one may', () => {
    const room = hlsLimits.playlistBytesMax - text.length
    const padded = `${text}#EXTINF:${'x'.repeat(room - 9)}\n`
    expect(padded).toHaveLength(hlsLimits.playlistBytesMax)
    expect(readMirrored(padded)?.targetSeconds).toBe(4)
  })
})

import { describe, expect, test } from 'vitest'
import { checkMultivariant, readPlaylist, WatchedPlaylist } from './kit/hls/playlist-laws.ts'

const startMs = Date.UTC(2026, 0, 1)
const dateOf = (number: number) =>
  `#EXT-X-PROGRAM-DATE-TIME:${new Date(startMs + number * 4000).toISOString()}`

interface Written {
  /** numbers of the segments that begin after a discontinuity */
  broken?: readonly number[]
  discontinuitySequence?: number
  targetSeconds?: number
}

/** A playlist of segments of 4 s. */
function playlist(
  sequence: number,
  count: number,
  { broken = [], discontinuitySequence = 7, targetSeconds = 4 }: Written = {},
): string {
  const numbers = Array.from({ length: count }, (_, i) => sequence + i)
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:3',
    `#EXT-X-TARGETDURATION:${targetSeconds}`,
    `#EXT-X-MEDIA-SEQUENCE:${sequence}`,
    `#EXT-X-DISCONTINUITY-SEQUENCE:${discontinuitySequence}`,
    ...numbers.flatMap((number) => {
      const isBroken = broken.includes(number)
      return [
        ...(isBroken ? ['#EXT-X-DISCONTINUITY'] : []),
        ...(isBroken || number === sequence ? [dateOf(number)] : []),
        '#EXTINF:4.000000,',
        `${number}.mp3`,
      ]
    }),
  ]
  return `${lines.join('\n')}\n`
}

/** What is wrong with the last of these playlists. */
function problemOf(...texts: readonly string[]): string | undefined {
  const watched = new WatchedPlaylist()
  const last = texts.at(-1) ?? ''
  for (const text of texts.slice(0, -1)) watched.add(text)
  try {
    watched.add(last)
    return undefined
  } catch (problem) {
    return (problem as Error).message
  }
}

describe('the laws of successive playlists', () => {
  test('hold where segments come and go, break off, and begin again with greater numbers', () => {
    const texts = [
      playlist(10, 1),
      playlist(10, 3),
      playlist(11, 5, { broken: [13] }),
      playlist(13, 5, { broken: [13] }),
      playlist(14, 5, { discontinuitySequence: 8 }),
      playlist(500, 2, { discontinuitySequence: 9 }),
    ]
    expect(problemOf(...texts)).toBeUndefined()
  })

  test.each([
    ['a media sequence that goes back', [playlist(10, 5), playlist(9, 6)], 'media sequence never goes back'],
    [
      'a discontinuity sequence that goes back',
      [playlist(10, 5), playlist(11, 5, { discontinuitySequence: 6 })],
      'discontinuity sequence never',
    ],
    [
      'another target duration',
      [playlist(10, 5), playlist(10, 5, { targetSeconds: 5 })],
      'target duration does not change',
    ],
    [
      'another start',
      [playlist(10, 5), playlist(10, 5).replace('N:4\n', 'N:4\n#EXT-X-START:TIME-OFFSET=-20\n')],
      'start does not change',
    ],
    ['a segment that is taken back', [playlist(10, 5), playlist(10, 4)], 'no segment is taken back'],
    [
      'a discontinuity that goes lost',
      [playlist(10, 5, { broken: [11] }), playlist(12, 5)],
      'keeps its discontinuity number',
    ],
    [
      'a discontinuity that is counted twice',
      [playlist(10, 5, { broken: [12] }), playlist(12, 5, { broken: [12], discontinuitySequence: 8 })],
      'keeps its discontinuity number',
    ],
    [
      'another date',
      [playlist(10, 5), playlist(10, 5).replace('00:00:40.000Z', '00:00:41.000Z')],
      'keeps its date',
    ],
    [
      'another duration',
      [playlist(10, 5), playlist(10, 5).replace('4.000000', '3.500000')],
      'keeps its names and duration',
    ],
    [
      'a hole without a discontinuity',
      [playlist(10, 5), playlist(20, 5).replace('00:01:20', '00:00:30')],
      'what follows a hole',
    ],
    ['segments that leave a short playlist', [playlist(10, 3), playlist(12, 2)], 'long enough'],
  ])('reject %s', (_, texts, law) => {
    expect(problemOf(...texts)).toContain(law)
  })

  test.each([
    [
      'a segment longer than the target duration',
      playlist(1, 3).replace('4.000000', '4.500000'),
      'EXTINF duration',
    ],
    ['a playlist without a date', playlist(1, 3).replace(/#EXT-X-PROGRAM.*\n/, ''), 'has no date'],
    [
      'a discontinuity without a date',
      playlist(1, 3, { broken: [2] }).replace(/(DISCONTINUITY\n)#EXT-X-PROGRAM.*\n/, '$1'),
      'has no date',
    ],
    [
      'another initialization segment without a discontinuity',
      playlist(1, 3).replace('2.mp3', '2.mp3\n#EXT-X-MAP:URI="init-2.mp4"').replace('N:3', 'N:6'),
      'without a discontinuity',
    ],
    [
      'a start within three target durations',
      playlist(1, 3).replace('N:4\n', 'N:4\n#EXT-X-START:TIME-OFFSET=-11\n'),
      'within three target durations',
    ],
    [
      'a playlist without a target duration',
      playlist(1, 3).replace(/#EXT-X-TARGET.*\n/, ''),
      'TARGETDURATION',
    ],
    ['a segment without a duration', playlist(1, 3).replace('#EXTINF:4.000000,\n', ''), 'segment dur'],
  ])('reject %s', (_, text, problem) => {
    expect(() => readPlaylist(text)).toThrow(problem)
  })
})

test('a multivariant playlist is read by both parsers, and rejected where it lacks what a variant needs', () => {
  const whole =
    '#EXTM3U\n#EXT-X-STREAM-INF:BANDWIDTH=128000,CODECS="mp4a.40.34"\nhttp://a.example/media.m3u8\n'
  expect(() => checkMultivariant(whole)).not.toThrow()
  expect(() => checkMultivariant(whole.replace('BANDWIDTH=128000,', ''))).toThrow()
  expect(() => checkMultivariant('#EXTM3U\n')).toThrow()
})

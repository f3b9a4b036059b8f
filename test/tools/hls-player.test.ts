import { describe, expect, test } from 'vitest'
import { Lateness } from './load/hls/lateness.ts'
import { type Came, HlsPlayer, type Wish } from './load/hls/player.ts'

const master = 'http://edge.example/live.mp3.m3u8'
const multivariant = [
  '#EXTM3U',
  '#EXT-X-CONTENT-STEERING:SERVER-URI="/hls/live.mp3/steering.json?s=x&p=a,b",PATHWAY-ID="a"',
  '#EXT-X-STREAM-INF:BANDWIDTH=128000,PATHWAY-ID="a",STABLE-VARIANT-ID="audio"',
  'http://a.example/hls/live.mp3/media.m3u8?s=x',
  '#EXT-X-STREAM-INF:BANDWIDTH=128000,PATHWAY-ID="b",STABLE-VARIANT-ID="audio"',
  'http://b.example/hls/live.mp3/media.m3u8?s=x',
  '',
].join('\n')
const upTo = (last: number) =>
  [
    '#EXTM3U\n#EXT-X-TARGETDURATION:4',
    `#EXT-X-MEDIA-SEQUENCE:${last - 9}`,
    ...Array.from({ length: 10 }, (_, i) => `#EXTINF:4.000000,\n${last - 9 + i}.mp3?s=x`),
    '',
  ].join('\n')
const manifest = (priority: string[], more: object = {}) =>
  JSON.stringify({ VERSION: 1, TTL: 10, 'PATHWAY-PRIORITY': priority, ...more })

/** A player whose servers answer by this table, until it wants nothing more at that moment. */
function playing(answers: (wish: Wish) => Partial<Came> | undefined) {
  const player = new HlsPlayer(master)
  const asked: string[] = []
  const look = (nowMs: number) => {
    for (let wishes = player.wishes(nowMs); wishes.length > 0; wishes = player.wishes(nowMs))
      for (const wish of wishes) {
        const { host, pathname } = new URL(wish.url)
        asked.push(`${host[0]}${pathname.slice(pathname.lastIndexOf('/'))}`)
        player.answer(wish, { status: 200, text: '', ...answers(wish) }, nowMs)
      }
    return asked.splice(0)
  }
  return { player, look }
}

describe('a player of the load client', () => {
  const usual =
    (last: () => number, priority: () => string = () => manifest(['a', 'b'])) =>
    ({ kind }: Wish) => {
      if (kind === 'multivariant') return { text: multivariant }
      if (kind === 'steering') return { text: priority() }
      return { text: kind === 'media' ? upTo(last()) : '' }
    }

  test('begins three target durations before the end, and has each segment once', () => {
    let last = 20
    const { player, look } = playing(usual(() => last))
    expect(look(0)).toEqual([
      'e/live.mp3.m3u8',
      'e/steering.json',
      'a/media.m3u8',
      'a/18.mp3',
      'a/19.mp3',
      'a/20.mp3',
    ])
    expect(player.bufferMs(0)).toBe(12_000)
    last = 22
    expect(look(4000)).toEqual(['a/media.m3u8', 'a/21.mp3', 'a/22.mp3'])
    expect(player.bufferMs(4000)).toBe(16_000)
  })

  test('reads the playlist again after a target duration, and after half of one where nothing changed', () => {
    let last = 20
    const { look } = playing(usual(() => last))
    look(0)
    expect(look(3999)).toEqual([])
    expect(look(4000)).toEqual(['a/media.m3u8'])
    expect(look(5999)).toEqual([])
    last = 21
    expect(look(6000)).toEqual(['a/media.m3u8', 'a/21.mp3'])
    expect(look(9999)).toEqual([])
  })

  test('follows the order of the pathways and their clones, and asks where to go once each TTL', () => {
    let last = 20
    let now = manifest(['a', 'b'])
    const { player, look } = playing(
      usual(
        () => last,
        () => now,
      ),
    )
    look(0)
    now = manifest(['c', 'a'], {
      'PATHWAY-CLONES': [
        {
          'BASE-ID': 'a',
          ID: 'c',
          'URI-REPLACEMENT': {
            HOST: 'c.example',
            'PER-VARIANT-URIS': { audio: 'http://c.example/hls/live.mp3/media.m3u8?s=x' },
          },
        },
      ],
    })
    last = 22
    expect(look(9999)).toEqual(['a/media.m3u8', 'a/21.mp3', 'a/22.mp3'])
    last = 23
    expect(look(10_000)).toEqual(['e/steering.json', 'c/media.m3u8', 'c/23.mp3'])
    expect([player.pathway, player.heardFrom, player.moves]).toEqual(['c', 'c', 1])
  })

  test('goes to the next pathway where one fails, with the same segment, and not back while it is penalised', () => {
    let last = 20
    let dead = 'nobody'
    const answers = usual(() => last)
    const { player, look } = playing((wish) =>
      wish.url.startsWith(`http://${dead}`) ? { status: 0 } : answers(wish),
    )
    look(0)
    dead = 'a'
    last = 21
    expect(look(4000)).toEqual(['a/media.m3u8', 'b/media.m3u8', 'b/21.mp3'])
    expect(look(10_000)).toContain('e/steering.json')
    expect([player.pathway, player.failures, player.missed]).toEqual(['b', 1, 0])
  })

  test('has a silence from the moment when its buffer is empty until the next segment', () => {
    let last = 20
    const { player, look } = playing(usual(() => last))
    look(0)
    expect([player.silentMs(12_000), player.bufferMs(12_000)]).toEqual([0, 0])
    expect(player.silentMs(12_500)).toBe(500)
    last = 24
    look(13_000)
    expect([player.silentMs(13_000), player.bufferMs(13_000)]).toEqual([1000, 16_000])
    expect(player.silentMs(20_000)).toBe(1000)
  })

  test('tells what it asked for and what came of it, for each request without a usable answer', () => {
    const failures: [Wish['kind'], Partial<Came>][] = [
      ['media', { status: 0, why: 'no answer in 5 s' }],
      ['media', { text: 'no playlist' }],
      ['segment', { status: 404 }],
      ['segment', { status: 0, why: 'ECONNREFUSED' }],
      ['segment', { status: 404 }],
    ]
    const answers = usual(() => 20)
    const { player, look } = playing((wish) => {
      const [next] = failures
      return next?.[0] === wish.kind ? failures.shift()?.[1] : answers(wish)
    })
    for (let nowMs = 0; failures.length > 0 && nowMs < 600_000; nowMs += 1000) look(nowMs)
    expect(Object.fromEntries(player.causes)).toEqual({
      'media: no answer in 5 s': 1,
      'media: not readable': 1,
      'segment: status 404': 2,
      'segment: ECONNREFUSED': 1,
    })
    expect(player.failures).toBe(5)
  })

  test('asks a steering server that answers 410 never again', () => {
    const answers = usual(() => 20)
    const { look } = playing((wish) => (wish.kind === 'steering' ? { status: 410 } : answers(wish)))
    look(0)
    for (let nowMs = 1000; nowMs < 400_000; nowMs += 1000)
      expect(look(nowMs)).not.toContain('e/steering.json')
  })
})

test('a load that had no processor for a while counts nothing as missing before it has read what came meanwhile', () => {
  const lateness = new Lateness(20, 0)
  expect([20, 45, 900].map((nowMs) => lateness.isInTime(nowMs))).toEqual([true, true, true])
  expect([7000, 7020].map((nowMs) => lateness.isInTime(nowMs))).toEqual([false, true])
  expect(lateness.mostMs).toBe(6080)
})

import { describe, expect, test } from 'vitest'
import { failureOf, failureOfAnswer } from '../../../../edge/browser/player/failures.ts'
import {
  lookAfterMs,
  next,
  type PlayerEvent,
  type PlayerState,
  statusText,
  stoppedPlayer,
} from '../../../../edge/browser/player/state.ts'
import { nowLine, titleAt } from '../../../../edge/browser/player/titles.ts'
import { type PlayerWay, waysOf } from '../../../../edge/browser/player/ways.ts'

const both: readonly PlayerWay[] = ['hls.js', 'plain']

/** A player after these events, each a second after the one before it. */
function having(
  events: readonly PlayerEvent[],
  { onAir = true, ways = both, from = stoppedPlayer(onAir) } = {},
) {
  let nowMs = 0
  return events.reduce<PlayerState>((state, event) => {
    nowMs += 1000
    return next(state, event, { nowMs, roll: 0.5, ways })
  }, from)
}
const play = { is: 'play' } as const
const started = { is: 'started' } as const
const stalled = { is: 'stalled' } as const
const failed = (why: Extract<PlayerEvent, { is: 'failed' }>['why']) => ({ is: 'failed', why }) as const
const onAir = { is: 'told', isOnAir: true } as const
const gone = { is: 'told', isOnAir: false } as const

describe('the player says what is true', () => {
  test.each<[string, PlayerEvent[], string]>([
    ['before it plays', [], ''],
    ['of a stream that is off air', [gone], 'Off air'],
    ['while it connects', [play], 'Connecting…'],
    ['while it plays', [play, started], 'Playing'],
    ['in a stall', [play, started, stalled], 'Buffering…'],
    ['after a stall', [play, started, stalled, started], 'Playing'],
    ['when the connection is lost', [play, started, failed('network')], 'Connection lost. Trying again…'],
    [
      'when all are full',
      [play, failed('no room'), failed('no room')],
      'All servers are full. Trying again…',
    ],
    [
      'when the stream ends',
      [play, started, gone, stalled, gone],
      'Off air. It plays when the stream is back.',
    ],
    ['when it is back', [play, started, gone, stalled, gone, onAir, started], 'Playing'],
    ['where it may not listen', [play, failed('refused')], 'The server does not allow you to listen.'],
    [
      'where there is no decoder',
      [play, failed('unsupported'), failed('unsupported')],
      'This browser cannot play this stream.',
    ],
    [
      'where the browser wants a click',
      [play, failed('blocked')],
      'The browser did not start playback. Press play again.',
    ],
    ['when it is stopped', [play, started, { is: 'stop' }], ''],
  ])('%s', (_, events, text) => {
    expect(statusText(having(events))).toBe(text)
  })

  test('plays what is in the buffer to its end when the mount goes off air', () => {
    expect(having([play, started, gone]).phase).toBe('playing')
    expect(having([play, started, gone, failed('network')]).phase).toBe('off air')
  })

  test('takes a click on a stream that is off air as a wish, and plays by itself when it is there', () => {
    const waiting = having([play], { onAir: false })
    expect(waiting.phase).toBe('off air')
    expect(having([onAir], { from: waiting }).phase).toBe('connecting')
    expect(having([onAir], { from: stoppedPlayer(false) }).phase).toBe('stopped')
  })
})

describe('the player connects again', () => {
  test('by the plain mount where HLS has no room, no playlist or no decoder', () => {
    for (const why of ['no room', 'missing', 'unsupported'] as const) {
      const state = having([play, failed(why)])
      expect([state.phase, both[state.way]]).toEqual(['connecting', 'plain'])
    }
  })

  test('by the plain mount where HLS did not play twice in a row, whatever it says', () => {
    const again = [failed('network'), { is: 'online' }] as const
    expect(having([play, ...again]).way).toBe(0)
    expect(having([play, ...again, failed('network')])).toMatchObject({ phase: 'connecting', way: 1 })
    expect(having([play, ...again, started, failed('network')]).phase).toBe('reconnecting')
  })

  test('by the best way after a lost connection, later and later, up to half a minute, and never twice at once', () => {
    const ways: readonly PlayerWay[] = ['plain']
    let state = having([play, started], { ways })
    const waits: number[] = []
    for (let i = 0; i < 8; i++) {
      state = next(state, failed('network'), { nowMs: 0, roll: 0.5, ways })
      waits.push(state.dueMs ?? 0)
      expect(next(state, { is: 'tick' }, { nowMs: (state.dueMs ?? 0) - 1, roll: 0, ways })).toBe(state)
      const attempt = state.attempt
      state = next(state, { is: 'tick' }, { nowMs: state.dueMs ?? 0, roll: 0, ways })
      expect([state.phase, state.way, state.attempt]).toEqual(['connecting', 0, attempt + 1])
    }
    expect(waits).toEqual([1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
    expect(next(state, started, { nowMs: 0, roll: 0, ways }).tries).toBe(0)
  })

  test('when a connection does not play within 20 s, or a stall lasts so long', () => {
    for (const events of [[play], [play, started, stalled]]) {
      const state = having(events)
      expect(next(state, { is: 'tick' }, { nowMs: 60_000, roll: 0, ways: both }).phase).toBe('reconnecting')
    }
  })

  test('not after it was stopped, whatever else comes', () => {
    for (const event of [
      started,
      stalled,
      failed('network'),
      onAir,
      gone,
      { is: 'tick' },
      { is: 'online' },
    ] as PlayerEvent[])
      expect(having([play, started, { is: 'stop' }, event]).phase).toBe('stopped')
  })

  test('at once when the device is online again', () => {
    expect(having([play, started, failed('network'), { is: 'online' }]).phase).toBe('connecting')
  })
})

describe('the way to play', () => {
  test.each<[string, Parameters<typeof waysOf>, PlayerWay[]]>([
    ['Chromium, Firefox', [{ mediaSource: true, appleHls: false }, true], ['hls.js', 'plain']],
    ['Safari', [{ mediaSource: true, appleHls: true }, true], ['native', 'plain']],
    ['a browser without both', [{ mediaSource: false, appleHls: false }, true], ['plain']],
    ['a mount without HLS', [{ mediaSource: true, appleHls: true }, false], ['plain']],
  ])('%s', (_, args, ways) => {
    expect(waysOf(...args)).toEqual(ways)
  })
})

describe('an error of hls.js', () => {
  test.each([
    ['manifestLoadError', 404, 'missing'],
    ['manifestLoadError', 503, 'no room'],
    ['manifestLoadError', 401, 'refused'],
    ['manifestLoadError', 0, 'network'],
    ['manifestParsingError', 200, 'missing'],
    ['manifestIncompatibleCodecsError', undefined, 'unsupported'],
    ['bufferAddCodecError', undefined, 'unsupported'],
    ['levelLoadError', 403, 'refused'],
    ['levelLoadError', 503, 'network'],
    ['fragLoadError', 404, 'network'],
    ['bufferStalledError', undefined, 'network'],
  ])('%s with status %s is %s', (details, code, why) => {
    const response = code === undefined ? undefined : { code, text: '', url: '' }
    expect(failureOf({ details, ...(response && { response }) })).toBe(why)
  })
})

test.each([
  [undefined, 'network'],
  [{ status: 403, type: '' }, 'refused'],
  [{ status: 404, type: '' }, 'missing'],
  [{ status: 503, type: '' }, 'no room'],
  [{ status: 200, type: 'audio/x-odd' }, 'unsupported'],
  [{ status: 200, type: 'audio/mpeg' }, 'network'],
])('an <audio> that failed and an answer %j to its address is %s', (answer, why) => {
  const response = answer && { status: answer.status, headers: { get: () => answer.type } }
  expect(failureOfAnswer(response, (type) => type === 'audio/mpeg')).toBe(why)
})

describe('the title that is heard', () => {
  const range = (startTime: number, title: string, artist?: string) => [
    { startTime, key: 'X-TITLE', text: title },
    ...(artist === undefined ? [] : [{ startTime, key: 'X-ARTIST', text: artist }]),
  ]
  test('is the last that has begun at the position', () => {
    const cues = [...range(0, 'A', 'One'), ...range(30, 'B')]
    expect([-1, 0, 29.9, 30].map((at) => titleAt(cues, at))).toEqual([undefined, 'One - A', 'One - A', 'B'])
  })

  test('is that of the playlist before that of an ID3 tag, which begins with its segment', () => {
    const tags = [
      { startTime: 28, key: 'TIT2', text: 'B' },
      { startTime: 28, key: 'TPE1', text: 'Two' },
    ]
    expect(titleAt([...tags, ...range(0, 'A'), ...range(30, 'B')], 29)).toBe('A')
    expect(titleAt(tags, 29)).toBe('Two - B')
  })

  test('has its quotation marks, which a playlist cannot hold, from the tag', () => {
    const cues = [{ startTime: 28, key: 'TIT2', text: 'The "B"' }, ...range(30, 'The ”B”')]
    expect(titleAt(cues, 30)).toBe('The "B"')
  })

  test('is cut at what a screen shows, between characters', () => {
    const line = nowLine(`y${'x🎻'.repeat(2 ** 20)}`, 'B')
    expect(line.length).toBe(299) // not half a violin
    expect(line.isWellFormed()).toBe(true)
  })
})

test('a page that nobody looks at asks seldom, one that waits asks often, and never all in one moment', () => {
  const playing = having([play, started])
  expect(lookAfterMs(stoppedPlayer(true), undefined, true, 0.5)).toBe(120_000)
  expect(lookAfterMs(playing, 'hls.js', true, 0.5)).toBe(30_000)
  expect(lookAfterMs(having([play, started, stalled]), 'hls.js', false, 0.5)).toBe(4000)
  expect([0, 0.5].map((roll) => lookAfterMs(playing, 'plain', false, roll))).toEqual([6400, 8000])
})

import { describe, expect, test } from 'vitest'
import { numberedFrame } from '../kit/audio/numbered-frames.ts'
import { Member } from './faults/member.ts'
import { growth, Memory } from './faults/memory.ts'
import { parseOptions } from './faults/options.ts'
import { FrameCheck, type Gap } from './faults/people/frames.ts'
import { unexpected } from './faults/people/judge.ts'
import { LooseCheck } from './faults/people/loose-frames.ts'
import type { Break, Redirected, Silence } from './faults/people/seen.ts'
import { SegmentBook } from './faults/people/segments.ts'
import { SentTimes } from './faults/sent-times.ts'
import { untold } from './faults/told.ts'
import { faultsOfListening } from './faults/truth.ts'
import { Waits, waitedMs } from './faults/waits.ts'

const frames = (first: number, count: number) =>
  Buffer.concat(Array.from({ length: count }, (_, i) => numberedFrame(first + i)))

function heard(audio: Buffer, pieceBytes: number) {
  const gaps: Gap[] = []
  const check = new FrameCheck((gap) => gaps.push(gap))
  for (let at = 0; at < audio.length; at += pieceBytes) check.push(audio.subarray(at, at + pieceBytes))
  return { gaps, count: check.count, last: check.last, fault: check.fault }
}

describe('the audio of a listener whose servers fail', () => {
  test.each([1, 100, 417, 5000])(
    'is right where complete frames follow each other, in pieces of %i bytes',
    (pieceBytes) => {
      const audio = Buffer.concat([Buffer.alloc(50), frames(70, 30), frames(120, 10)])
      expect(heard(audio, pieceBytes)).toEqual({
        gaps: [{ after: 99, next: 120 }],
        count: 40,
        last: 129,
        fault: undefined,
      })
    },
  )

  test('has a fault where a frame is repeated, cut, or not the source’s', () => {
    expect(heard(Buffer.concat([frames(8, 3), frames(10, 1)]), 700).fault).toBe(
      'frame 10 was repeated after frame 10',
    )
    const cut = Buffer.concat([frames(8, 3), frames(11, 1).subarray(0, 200), frames(12, 3)])
    expect(heard(cut, 700).fault).toBe('not a frame of the source after frame 10 (3 heard)')
    expect(heard(Buffer.concat([frames(8, 3), Buffer.alloc(2000)]), 700).fault).toMatch(
      /more than 1024 zeros/,
    )
  })
})

test('the audio of a stock Icecast begins and ends anywhere; whatever does not follow is told, also what is repeated', () => {
  const audio = Buffer.concat([
    frames(70, 30).subarray(100),
    frames(120, 10).subarray(0, -50),
    frames(125, 10),
  ])
  for (const pieceBytes of [1, 417, 5000]) {
    const gaps: Gap[] = []
    const check = new LooseCheck((gap) => gaps.push(gap))
    for (let at = 0; at < audio.length; at += pieceBytes) check.push(audio.subarray(at, at + pieceBytes))
    check.push(Buffer.alloc(500))
    expect([gaps, check.count, check.last]).toEqual([
      [
        { after: 99, next: 120 },
        { after: 128, next: 125 },
      ],
      29 + 9 + 10,
      134,
    ])
  }
})

describe('a segment of HLS', () => {
  // 13 bytes of a tag, whose length has seven bits a byte
  const tag = Buffer.concat([Buffer.from('ID3\x04\0\0\0\0\x01\0', 'latin1'), Buffer.alloc(128)])

  test('has whole frames after its tags, and the same bytes from every server', () => {
    const book = new SegmentBook()
    const segment = Buffer.concat([tag, frames(40, 20)])
    const heard = { first: 40, last: 59, count: 20, gaps: [] }
    expect(book.read(7, segment, 'a:1')).toMatchObject(heard)
    expect(book.read(7, Buffer.from(segment), 'b:1')).toMatchObject(heard)
    expect(book.read(7, frames(40, 20), 'b:1')).toEqual({
      ...heard,
      differs: 'segment 7 of b:1 is not the one of a:1',
    })
  })

  test('has a fault where a frame is cut, repeated or not the source’s, and says where frames are missing', () => {
    const book = new SegmentBook()
    expect(book.read(1, frames(40, 20).subarray(0, -1), 'a:1')).toBe(
      'segment 1 of a:1 ends inside of a frame',
    )
    expect(book.read(2, tag, 'a:1')).toBe('segment 2 of a:1 ends inside of a frame')
    expect(book.read(3, Buffer.concat([frames(4, 3), frames(5, 1)]), 'a:1')).toMatch(/frame 5 was repeated/)
    expect(book.read(4, Buffer.concat([frames(4, 3), frames(9, 1)]), 'a:1')).toMatchObject({
      gaps: [{ after: 6, next: 9 }],
    })
  })
})

describe('what listeners by HLS heard', () => {
  // a frame every 10 ms, from 0 on
  const sentAtMs = (n: number) => n * 10
  const allowed = [{ fromMs: 20_000, untilMs: 30_000, hosts: undefined }]
  const gap = (after: number, next: number): Break => ({
    after,
    next,
    host: 'a:1',
    atMs: 70_000,
    isHls: true,
  })
  const silence = (fullMs: number, fromMs: number): Silence => ({ host: 'a:1', fullMs, fromMs, forMs: 500 })
  const left = (breaks: Break[], silences: Silence[], allow: Parameters<typeof unexpected>[1] = allowed) => {
    const found = unexpected({ breaks, silences }, allow, sentAtMs)
    return [found.breaks.length, found.silences.length]
  }

  test('a gap is expected where the source sent its frames during the fault, however late it is heard', () => {
    expect(left([gap(2500, 2600)], [])).toEqual([0, 0])
    expect(left([gap(5500, 5600)], [])).toEqual([1, 0])
  })

  test('a repeat is a fault, except of less than a segment where a master has taken the place of another', () => {
    const swapped = [{ fromMs: 20_000, untilMs: 30_000, hosts: undefined, hlsFramesMax: 160 }]
    expect(left([gap(2600, 2500)], [])).toEqual([1, 0])
    expect(left([gap(2600, 2500), gap(2500, 2600)], [], swapped)).toEqual([0, 0])
    expect(left([gap(2700, 2500), gap(2500, 2700)], [silence(25_000, 29_000)], swapped)).toEqual([2, 1])
  })

  test('nobody is silent or loses a segment for a slave’s sake: others have the same', () => {
    const slave = [{ fromMs: 0, untilMs: 90_000, hosts: ['a:1'] }]
    expect(left([gap(2500, 2600)], [silence(1000, 9000)], slave)).toEqual([1, 1])
  })

  test('a buffer that a fault has used up may end long after it', () => {
    expect(left([], [silence(22_000, 60_000)])).toEqual([0, 0])
    expect(left([], [silence(52_000, 60_000)])).toEqual([0, 1])
  })
})

describe('memory after many faults', () => {
  test('grows where the least of the last third is above that of the third before', () => {
    const leaking = Array.from({ length: 12 }, (_, i) => 100 + 5 * i + (i % 2) * 10)
    expect(growth(leaking)).toBe(20)
    expect(growth(leaking.slice(0, 8))).toBeUndefined()
  })

  test('has levelled where it grew in the first third alone, or garbage comes and goes', () => {
    expect(growth([60, 90, 110, 120, 140, 121, 150, 122, 145, 160, 123, 150])).toBeUndefined()
  })

  test('is that of each program for as long as it runs, and what grows is told by name', () => {
    let round = 0
    const memory = new Memory((pid) => (pid === 1 ? 80 + 8 * round : 90))
    const programs = (slave: number) => [
      { name: 'edge', program: { pid: 1 } },
      { name: 'master', program: { pid: 2 } },
      { name: 'slave', program: { pid: slave } },
    ]
    for (; round < 9; round++) memory.note({ members: programs(3 + round) })
    expect(memory.told()).toEqual([
      'edge 80, 88, 96, 104, 112, 120, 128, 136, 144 MiB',
      'master 90, 90, 90, 90, 90, 90, 90, 90, 90 MiB',
    ])
    expect(memory.faults()).toEqual([
      'edge grows: 24 MiB more within a third of 9 rounds (80, 88, 96, 104, 112, 120, 128, 136, 144)',
    ])
  })
})

describe('what listeners saw', () => {
  const sentTimes = new SentTimes(() => 0)
  sentTimes.stop()
  sentTimes.note(5000, 5)
  sentTimes.note(20_000, 100)
  sentTimes.note(60_000, 200)
  const waits = new Waits(() => [])
  waits.stop()
  waits.note(40_000, new Map([[1, 100]]))
  waits.note(
    41_000,
    new Map([
      [1, 1200],
      [2, 300],
    ]),
  )
  const relay = new Member({
    name: 'relay',
    runtime: 'node',
    command: ['node'],
    env: {},
    host: 'a',
    port: 1,
    path: '/',
  })
  relay.outs.push({ host: 'a:1', fromMs: 1000, untilMs: 5000, why: 'kill -9' })
  const gap: Break = { after: 7, next: 9, host: 'a:1', atMs: 20_000, isHls: false }
  const seen = (redirects: Redirected[], breaks: Break[], faults: string[] = [], silences: Silence[] = []) =>
    faultsOfListening({
      audience: { redirects, breaks, silences, faults },
      servers: [relay],
      sentTimes,
      waits,
      former: [],
      gapsAllowed: [{ fromMs: 20_000, untilMs: 30_000, hosts: ['a:1'], gapsMax: 1 }],
    })

  test('a redirect to a server past its deadline is a fault, until it is back', () => {
    expect(
      seen(
        [
          [900, 'a:1', 1100],
          [3000, 'b:1', 3100],
          [5100, 'a:1', 5200],
          [3000, 'a:1', 5100], // a line held it until the server was back
        ],
        [],
      ),
    ).toEqual([])
    expect(seen([[3000, 'a:1', 3100]], [])).toEqual([
      'redirected to a:1 2000 ms after its deadline (kill -9)',
    ])
  })

  test('a gap is a fault, except where and while one is expected', () => {
    expect(seen([], [gap])).toEqual([])
    const late = { ...gap, atMs: 60_000 }
    expect(seen([], [late, { ...gap, host: 'b:1' }])).toEqual([
      'a:1: frame 9 came after frame 7 (and 1 more)',
    ])
  })

  test('frames that were sent before a fault or after it may not be missing, though that is heard meanwhile', () => {
    expect(seen([], [{ ...gap, after: 2, next: 9 }])).toHaveLength(1)
    expect(seen([], [{ ...gap, after: 98, next: 120 }])).toHaveLength(1)
    expect(seen([], [{ ...gap, after: 20, next: 90 }])).toEqual([])
  })

  test('a connection may miss frames once for each loss of a master', () => {
    const gapOf = (connection: number, after: number) => ({ ...gap, connection, after, next: after + 2 })
    expect(seen([], [gapOf(1, 20), gapOf(2, 20)])).toEqual([])
    expect(seen([], [gapOf(1, 20), gapOf(2, 20), gapOf(1, 40)])).toEqual([
      'a:1: frame 42 came after frame 40',
    ])
  })

  test('a silence counts where no program waited as long for a processor', () => {
    const silence = { host: 'a:1', fullMs: 40_200, fromMs: 40_600, forMs: 1000 }
    expect(seen([], [], [], [silence])).toEqual([])
    expect(seen([], [], [], [{ ...silence, forMs: 1200 }])).toHaveLength(1)
    expect(waitedMs(process.pid)).toBeGreaterThanOrEqual(0)
  })

  test('a fault that a listener reports is one', () => {
    expect(seen([], [], ['a:1: frame 3 was repeated after frame 4'])).toHaveLength(1)
  })
})

test('a line that an operator cannot look up is reported: a stack trace, a warning without an entry', () => {
  const line = (level: string, message: string) => JSON.stringify({ level, message })
  const known = line('WARN', 'server stale')
  const filled = line('ERROR', 'server has no https url: listeners come by https')
  const unknown = line('ERROR', 'it broke')
  const trace = '    at Object.<anonymous> (edge/main.ts:1:1)'
  expect(untold([known, filled, line('INFO', 'anything'), unknown, trace, ''].join('\n'))).toEqual([
    unknown,
    trace,
  ])
})

test('the options name faults, runtimes and a seed; the seed chooses what is not named', () => {
  expect(parseOptions(['kill-edge', '--seed', '2', '--origins', 'bun'], 0)).toEqual({
    names: ['kill-edge'],
    minutes: 1,
    seed: 2,
    listeners: 300,
    edge: 'deno',
    origins: 'bun',
  })
  expect(() => parseOptions(['--edge', 'ruby'], 0)).toThrow('--edge is "ruby", expected node, bun, deno')
  expect(() => parseOptions(['--minutes', 'many'], 0)).toThrow('--minutes is "many", expected a number')
})

import { describe, expect, test } from 'vitest'
import { numberedFrame } from '../kit/numbered-frames.ts'
import { FrameCheck, type Gap } from './faults/frames.ts'
import { Member } from './faults/member.ts'
import { parseOptions } from './faults/options.ts'
import { untold } from './faults/told.ts'
import { faultsOfListening } from './faults/truth.ts'

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

describe('what listeners saw', () => {
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
  const gap = { after: 7, next: 9, host: 'a:1', atMs: 20_000 }
  const seen = (redirects: [number, string][], gaps: (typeof gap)[], faults: string[] = []) =>
    faultsOfListening({
      audience: { redirects, gaps, faults },
      members: [relay],
      former: [],
      gapsAllowed: [{ fromMs: 20_000, untilMs: 30_000, hosts: ['a:1'] }],
    })

  test('a redirect to a server past its deadline is a fault, until it is back', () => {
    expect(
      seen(
        [
          [900, 'a:1'],
          [3000, 'b:1'],
          [5100, 'a:1'],
        ],
        [],
      ),
    ).toEqual([])
    expect(seen([[3000, 'a:1']], [])).toEqual(['redirected to a:1 2000 ms after its deadline (kill -9)'])
  })

  test('a gap is a fault, except where and while one is expected', () => {
    expect(seen([], [gap])).toEqual([])
    const late = { ...gap, atMs: 60_000 }
    expect(seen([], [late, { ...gap, host: 'b:1' }])).toEqual([
      'a:1: frame 9 came after frame 7 (and 1 more)',
    ])
  })

  test('what a listener calls a fault is one', () => {
    expect(seen([], [], ['a:1: frame 3 was repeated after frame 4'])).toHaveLength(1)
  })
})

test('a line that an operator cannot look up is reported: a stack trace, a warning without an entry', () => {
  const line = (level: string, message: string) => JSON.stringify({ level, message })
  const known = line('WARN', 'server stale')
  const filled = line('ERROR', 'poll failed: icecast1: no answer')
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

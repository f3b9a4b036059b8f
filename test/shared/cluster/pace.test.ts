import { describe, expect, test } from 'vitest'
import { Pace, wishSeconds } from '../../../shared/cluster/pace.ts'
import { View } from '../../../shared/draw/view.ts'
import { limits } from '../../../shared/limits.ts'
import { reportOf, serverOf } from '../../kit/parts/reports.ts'

describe('how fast listeners join a server', () => {
  const paceAfter = (...reports: [atMs: number, boot: string, joins: number | undefined][]) => {
    const pace = new Pace()
    for (const [atMs, boot, joins] of reports) pace.note(reportOf('a', { boot, joins }), atMs)
    return pace.of('a')
  }

  test('is what its last two reports say, by their distance in time', () => {
    expect(paceAfter([0, 'x', 5])).toBe(0)
    expect(paceAfter([0, 'x', 5], [2000, 'x', 25])).toBe(10)
    expect(paceAfter([0, 'x', 5], [2000, 'x', 25], [4000, 'x', 25])).toBe(0)
  })

  test('is unknown where the counter began again, is not reported, or no time has passed', () => {
    expect(paceAfter([0, 'x', 5], [2000, 'y', 25])).toBe(0)
    expect(paceAfter([0, 'x', 5], [2000, 'x', 4])).toBe(0)
    expect(paceAfter([0, 'x', 5], [0, 'x', 25])).toBe(0)
    expect(paceAfter([0, 'x', 5], [1000, 'x', 10], [2000, 'x', undefined])).toBe(0)
    expect(paceAfter([0, 'x', 5], [1000, 'x', undefined], [2000, 'x', 25])).toBe(0)
  })

  test('is forgotten with the server', () => {
    const pace = new Pace()
    for (const joins of [0, 10]) pace.note(reportOf('a', { joins }), joins * 100)
    expect(pace.of('a')).toBe(10)
    pace.forget('a')
    expect(pace.of('a')).toBe(0)
  })
})

describe('the load of a cluster', () => {
  test('is that of its live servers, with no more listeners and slots than count', () => {
    const view = new View(100)
    view.put(serverOf('a', { maxListeners: 50, listeners: 10 }))
    view.put(serverOf('b', { maxListeners: 20, listeners: 30 }))
    view.put(serverOf('default', { maxListeners: undefined, listeners: 7 }))
    view.put(serverOf('huge', { maxListeners: limits.slotsMax * 2, listeners: 0 }))
    view.put(serverOf('leaving', { state: 'leaving', listeners: 5 }))
    const pace = new Pace()
    for (const id of ['a', 'b', 'leaving'])
      for (const joins of [0, 3]) pace.note(reportOf(id, { joins }), joins * 500)
    expect(pace.pressureOf(view, 0)).toEqual({
      servers: 5,
      listeners: 10 + 20 + 7,
      slots: 50 + 20 + 100 + limits.slotsMax,
      joinsPerSecond: 4,
    })
  })

  /** The listeners that are told at some moments, while each server gets one more before each. */
  function toldAt(servers: number, moments: readonly number[]): number[] {
    const view = new View(1000)
    const pace = new Pace()
    return moments.map((nowMs, i) => {
      for (let n = 0; n < servers; n++) view.put(serverOf(`s${n}`, { listeners: i, interval: 60 }))
      return pace.pressureOf(view, nowMs).listeners
    })
  }

  test('is added up for each reply in a small cluster, once a second in one of more than a hundred servers', () => {
    expect(toldAt(100, [0, 500, 999, 1000])).toEqual([0, 100, 200, 300])
    expect(toldAt(101, [0, 500, 999, 1000])).toEqual([0, 0, 0, 303])
    const nowMs = 5000
    expect(toldAt(101, [nowMs, nowMs + 999, nowMs + 1000]), 'at any time').toEqual([0, 0, 202])
  })
})

test.each([
  [10, { servers: 1, listeners: 0, joinsPerSecond: 0 }, 10],
  [10, { servers: 1, listeners: 700, joinsPerSecond: 0 }, 10],
  [10, { servers: 1, listeners: 701, joinsPerSecond: 0 }, 5],
  [10, { servers: 1, listeners: 0, joinsPerSecond: 10 }, 10],
  [10, { servers: 1, listeners: 0, joinsPerSecond: 10.1 }, 5],
  [10, { servers: 1, listeners: 600, joinsPerSecond: 4.1 }, 5],
  [10, { servers: 1, listeners: 2000, joinsPerSecond: 0 }, 5],
  [30, { servers: 1000, listeners: 800, joinsPerSecond: 0 }, 10],
  [10, { servers: 5000, listeners: 800, joinsPerSecond: 0 }, 10],
  [1, { servers: 1, listeners: 800, joinsPerSecond: 0 }, 1],
  [3, { servers: 1, listeners: 800, joinsPerSecond: 0 }, 3],
])(
  'a promise of %i s in a cluster of 1,000 slots at %j is answered with a wish for %i s',
  (promised, at, wish) => {
    expect(wishSeconds(promised, { slots: 1000, ...at })).toBe(wish)
  },
)

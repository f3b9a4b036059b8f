import { describe, expect, test } from 'vitest'
import { Buckets, levelOf, taken } from '../../shared/bucket.ts'

const rate = { burst: 3, perSecond: 2 }

describe('a bucket', () => {
  test('is full at first, gives its last unit, and nothing that it does not hold', () => {
    expect(levelOf(undefined, rate, 0)).toBe(3)
    expect(taken(undefined, 3, rate, 7)).toEqual({ level: 0, atMs: 7 })
    expect(taken(undefined, 3.5, rate, 7)).toBeUndefined()
  })

  test('fills by its rate, up to its burst, and keeps its level if the clock steps back', () => {
    const empty = { level: 0, atMs: 1000 }
    expect([1000, 1250, 2000, 2500, 9000].map((ms) => levelOf(empty, rate, ms))).toEqual([0, 0.5, 2, 3, 3])
    expect(levelOf({ level: 1, atMs: 1000 }, rate, 0)).toBe(1)
  })
})

describe('buckets by key', () => {
  test('are independent, and one that holds too little loses nothing by being asked', () => {
    const buckets = new Buckets(rate, 10)
    expect([2, 2, 1, 1].map((cost) => buckets.take('a', cost, 0))).toEqual([true, false, true, false])
    expect([buckets.levelOf('a', 0), buckets.levelOf('b', 0)]).toEqual([0, 3])
    buckets.forget('a')
    expect(buckets.levelOf('a', 0)).toBe(3)
  })

  test('may owe, down to a bound: the level then is told, the bucket stays at the bound', () => {
    const buckets = new Buckets(rate, 10)
    expect(Array.from({ length: 6 }, () => buckets.owe('a', 2, 0))).toEqual([2, 1, 0, -1, -2, -3])
    expect(buckets.levelOf('a', 0)).toBe(-2)
    expect(buckets.levelOf('a', 1000)).toBe(0)
  })

  test('may be emptied as far as they go', () => {
    const buckets = new Buckets(rate, 10)
    buckets.takeAsFarAsItGoes('a', 1, 0)
    expect(buckets.levelOf('a', 0)).toBe(2)
    buckets.takeAsFarAsItGoes('a', 5, 0)
    expect(buckets.levelOf('a', 0)).toBe(0)
  })

  test('beyond their number the one that was used longest ago is full again', () => {
    const buckets = new Buckets(rate, 2)
    for (const key of ['a', 'b', 'a', 'c']) buckets.take(key, 1, 0)
    expect(['a', 'b', 'c'].map((key) => buckets.levelOf(key, 0))).toEqual([1, 3, 2])
  })
})

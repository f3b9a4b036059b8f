import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  nextAttempt,
  readyAtMs,
  returnAttempt,
  type Trouble,
} from '../../../../origin/relay/upstreams/choice.ts'
import { distinct, keyOf, type Upstream } from '../../../../origin/relay/upstreams/upstream.ts'
import { Upstreams } from '../../../../origin/relay/upstreams/upstreams.ts'

const backoff = { firstMs: 1000, maxMs: 8000 }
const upstream = (name: string, isDoubtful = false): Upstream => ({
  url: new URL(`http://${name}.example/live.mp3`),
  pass: undefined,
  isDoubtful,
  configured: 'http://m.example',
})
const [a, b, c] = [upstream('a'), upstream('b'), upstream('c')]
const trouble = (atMs: number, failures = 1, roll = 0): Trouble => ({ atMs, failures, roll })
const troubles = (...of: [Upstream, Trouble][]) =>
  new Map(of.map(([each, its]) => [keyOf(each), its] as const))

describe('the upstream that a relay asks next', () => {
  test('is the first in order, while none has failed', () => {
    expect(nextAttempt([a, b], new Map(), backoff, 0)).toEqual({ upstream: a, waitMs: 0 })
  })

  test('is the next one at once if the first has just failed', () => {
    expect(nextAttempt([a, b], troubles([a, trouble(0)]), backoff, 0)).toEqual({ upstream: b, waitMs: 0 })
  })

  test('is the first again if both have failed and its time has come', () => {
    const both = troubles([a, trouble(0)], [b, trouble(0)])
    expect(nextAttempt([a, b], both, backoff, 1000)).toEqual({ upstream: a, waitMs: 0 })
  })

  test('is the one that may be asked soonest, if none may be asked yet', () => {
    const all = troubles([a, trouble(0, 3)], [b, trouble(100, 1)], [c, trouble(200, 2)])
    expect(nextAttempt([a, b, c], all, backoff, 300)).toEqual({ upstream: b, waitMs: 800 })
  })

  test('is one of a master that does not answer only as the last choice, whatever the order', () => {
    const doubtful = upstream('a', true)
    expect(nextAttempt([doubtful, b], new Map(), backoff, 0)?.upstream).toBe(b)
    expect(nextAttempt([doubtful, b], troubles([b, trouble(0)]), backoff, 0)?.upstream).toBe(doubtful)
  })

  test('is undefined without upstreams', () => {
    expect(nextAttempt([], new Map(), backoff, 0)).toBeUndefined()
  })

  test('is never one that must wait longer than another', () => {
    const failed = fc.record({
      atMs: fc.integer({ min: 0, max: 20_000 }),
      failures: fc.integer({ min: 1, max: 9 }),
      roll: fc.double({ min: 0, max: 0.999, noNaN: true }),
    })
    fc.assert(
      fc.property(fc.array(fc.option(failed, { nil: undefined }), { minLength: 1, maxLength: 6 }), (its) => {
        const all = its.map((_, i) => upstream(`host${i}`))
        const known = new Map(all.flatMap((each, i) => (its[i] ? [[keyOf(each), its[i]] as const] : [])))
        const next = nextAttempt(all, known, backoff, 20_000)
        const soonest = Math.min(
          ...all.map((each) => Math.max(0, readyAtMs(known.get(keyOf(each)), backoff) - 20_000)),
        )
        expect(next?.waitMs).toBe(soonest)
      }),
    )
  })
})

describe('the upstream that a playing relay returns to', () => {
  test('is undefined at the first', () => {
    expect(returnAttempt([a, b], a, new Map(), backoff, 0)).toBeUndefined()
  })

  test('is one before the current, once its back-off is over', () => {
    expect(
      returnAttempt([a, b, c], c, troubles([a, trouble(0, 2)], [b, trouble(0, 1)]), backoff, 500),
    ).toEqual({ upstream: b, waitMs: 500 })
    expect(returnAttempt([a, b, c], b, troubles([a, trouble(0, 2)]), backoff, 500)).toEqual({
      upstream: a,
      waitMs: 1500,
    })
  })

  test('is any of them if the current one is no longer in the list', () => {
    expect(returnAttempt([a, b], c, new Map(), backoff, 0)?.upstream).toBe(a)
  })

  test('is never one of a master that does not answer', () => {
    expect(returnAttempt([upstream('a', true), b], b, new Map(), backoff, 0)).toBeUndefined()
  })
})

describe('upstreams', () => {
  test("with the same URL are one, at the first one's position, and doubtful only if all are", () => {
    const twice = [upstream('a', true), b, upstream('a')]
    expect(distinct(twice).map((each) => [each.url.hostname, each.isDoubtful])).toEqual([
      ['a.example', false],
      ['b.example', false],
    ])
  })

  test('are asked as if they had never failed, if their master answers again', () => {
    const all = new Upstreams(
      [upstream('a', true), b],
      () => 0,
      () => 0,
    )
    all.failed(upstream('a'), 0)
    all.failed(b, 0)
    all.replace([a, b])
    expect(all.next(true, undefined)).toEqual({ upstream: a, waitMs: 0 })
    expect(all.preferredTo(b)).toEqual({ upstream: a, waitMs: 0 })
    all.failed(a, 0)
    all.replace([a, b])
    expect(all.next(true, undefined)?.waitMs).toBeGreaterThan(0)
  })

  test('dice shorten the wait by up to half, so that a crowd does not return at the same moment', () => {
    expect(readyAtMs(trouble(0, 1, 0), backoff)).toBe(1000)
    expect(readyAtMs(trouble(0, 1, 0.999), backoff)).toBeCloseTo(500.5)
    expect(readyAtMs(trouble(0, 9, 0), backoff)).toBe(8000)
  })
})

import { describe, expect, test } from 'vitest'
import { Slots } from '../../../origin/lib/slots.ts'
import { Waiting, type WaitingPlace } from '../../../origin/server/waiting.ts'

/** Connections by their names, each of which has a place. */
class Named {
  readonly waiting: Waiting<string>
  readonly #places = new Map<string, WaitingPlace<string>>()

  constructor(max: number) {
    this.waiting = new Waiting(max)
  }
  add(name: string, address: string, nowMs: number): string | undefined {
    const place = this.#places.get(name) ?? this.waiting.enter(name, address)
    this.#places.set(name, place)
    return this.waiting.add(place, nowMs)
  }
  delete(name: string): void {
    const place = this.#places.get(name)
    if (place) this.waiting.delete(place)
  }
  leave(name: string): void {
    const place = this.#places.get(name)
    if (place) this.waiting.leave(place)
    this.#places.delete(name)
  }
  expire = (nowMs: number, afterMs: number) => this.waiting.expire(nowMs, afterMs)
  yieldOne = (nowMs: number, afterMs: number) => this.waiting.yieldOne(nowMs, afterMs)
  get size(): number {
    return this.waiting.size
  }
}

describe('connections without a whole head', () => {
  test('are closed after 15 s, not sooner', () => {
    const waiting = new Named(10)
    waiting.add('early', 'a', 0)
    waiting.add('late', 'a', 1)
    expect(waiting.expire(15_000, 15_000)).toEqual([])
    expect(waiting.expire(15_001, 15_000)).toEqual(['early'])
    expect(waiting.expire(15_002, 15_000)).toEqual(['late'])
    expect(waiting.size).toBe(0)
  })

  test('that send their head in time stay', () => {
    const waiting = new Named(10)
    waiting.add('quick', 'a', 0)
    waiting.delete('quick')
    expect(waiting.expire(60_000, 15_000)).toEqual([])
  })

  test('beyond the bound replace the oldest of the address with most', () => {
    const waiting = new Named(4)
    for (const name of ['other 1', 'greedy 1', 'greedy 2', 'greedy 3'])
      expect(waiting.add(name, name.slice(0, 5), 0)).toBeUndefined()
    expect(waiting.add('other 2', 'other', 0)).toBe('greedy 1')
    expect(waiting.add('greedy 4', 'greed', 0)).toBe('greedy 2')
    expect(waiting.size).toBe(4)
  })

  test('of one IPv6 network count as one holder: its addresses cost nothing', () => {
    const waiting = new Named(3)
    waiting.add('other', '2001:db8:0:2::1', 0)
    waiting.add('greedy 1', '2001:db8:0:1::1', 0)
    waiting.add('greedy 2', '2001:db8:0:1:ffff::2', 0)
    expect(waiting.add('greedy 3', '2001:db8:0:1::3', 0)).toBe('greedy 1')
    expect(waiting.add('neighbour', '192.0.2.1', 0)).toBe('greedy 2')
  })
})

test('the oldest connection of the holder with most gives way to another, once it has waited for a while', () => {
  const waiting = new Named(9)
  waiting.add('a', '192.0.2.1', 0)
  waiting.add('b', '192.0.2.2', 100)
  waiting.add('c', '192.0.2.2', 200)
  expect(waiting.yieldOne(1099, 1000)).toBeUndefined()
  expect(waiting.yieldOne(1100, 1000)).toBe('b')
  expect(waiting.size).toBe(2)
})

describe('a connection that waits again and again', () => {
  test('has one place for all its requests, and is expired by its last one', () => {
    const waiting = new Waiting<string>(10)
    const place = waiting.enter('player', '192.0.2.1')
    for (let ms = 0; ms < 1000; ms++) {
      waiting.add(place, ms)
      expect([waiting.size, waiting.holders]).toEqual([1, 1])
      waiting.delete(place)
      expect([waiting.size, waiting.holders]).toEqual([0, 1])
    }
    waiting.add(place, 1000)
    expect(waiting.expire(1999, 999)).toEqual([])
    expect(waiting.expire(2000, 999)).toEqual(['player'])
    waiting.leave(place)
    expect(waiting.holders).toBe(0)
  })

  test('keeps the order of the others, wherever it is among them', () => {
    const named = new Named(10)
    for (const name of ['a', 'b', 'c']) named.add(name, '192.0.2.1', 0)
    named.add('a', '192.0.2.1', 1) // again, without an end between
    named.delete('c')
    named.add('c', '192.0.2.1', 2)
    named.delete('b')
    named.delete('b')
    named.add('d', '192.0.2.2', 3)
    expect(named.size).toBe(3)
    expect(named.expire(100, 50)).toEqual(['a', 'c', 'd'])
    for (const name of ['a', 'b', 'c', 'd']) named.leave(name)
    expect([named.size, named.waiting.holders]).toEqual([0, 0])
  })

  test('counts for its holder only while it waits', () => {
    const named = new Named(2)
    for (const name of ['busy 1', 'busy 2', 'busy 3']) {
      named.add(name, '192.0.2.1', 0)
      named.delete(name)
    }
    named.add('busy 1', '192.0.2.1', 1)
    named.add('other', '192.0.2.2', 2)
    expect(named.add('other 2', '192.0.2.2', 3)).toBe('other')
  })
})

test('slots are bounded, and free again after release', () => {
  const slots = new Slots(1)
  expect([slots.take(), slots.take()]).toEqual([true, false])
  slots.release()
  expect(slots.take()).toBe(true)
})

import { describe, expect, test } from 'vitest'
import { Slots } from '../../../origin/lib/slots.ts'
import { Waiting } from '../../../origin/server/waiting.ts'

describe('connections without a whole head', () => {
  test('are closed after 15 s, not sooner', () => {
    const waiting = new Waiting<string>(10)
    waiting.add('early', 'a', 0)
    waiting.add('late', 'a', 1)
    expect(waiting.expire(15_000, 15_000)).toEqual([])
    expect(waiting.expire(15_001, 15_000)).toEqual(['early'])
    expect(waiting.expire(15_002, 15_000)).toEqual(['late'])
    expect(waiting.size).toBe(0)
  })

  test('that send their head in time stay', () => {
    const waiting = new Waiting<string>(10)
    waiting.add('quick', 'a', 0)
    waiting.delete('quick')
    expect(waiting.expire(60_000, 15_000)).toEqual([])
  })

  test('beyond the bound replace the oldest of the address with most', () => {
    const waiting = new Waiting<string>(4)
    for (const name of ['other 1', 'greedy 1', 'greedy 2', 'greedy 3'])
      expect(waiting.add(name, name.slice(0, 5), 0)).toBeUndefined()
    expect(waiting.add('other 2', 'other', 0)).toBe('greedy 1')
    expect(waiting.add('greedy 4', 'greed', 0)).toBe('greedy 2')
    expect(waiting.size).toBe(4)
  })

  test('of one IPv6 network count as one holder: its addresses cost nothing', () => {
    const waiting = new Waiting<string>(3)
    waiting.add('other', '2001:db8:0:2::1', 0)
    waiting.add('greedy 1', '2001:db8:0:1::1', 0)
    waiting.add('greedy 2', '2001:db8:0:1:ffff::2', 0)
    expect(waiting.add('greedy 3', '2001:db8:0:1::3', 0)).toBe('greedy 1')
    expect(waiting.add('neighbour', '192.0.2.1', 0)).toBe('greedy 2')
  })
})

test('the oldest connection of the holder with most gives way to another, once it has waited for a while', () => {
  const waiting = new Waiting<string>(9)
  waiting.add('a', '192.0.2.1', 0)
  waiting.add('b', '192.0.2.2', 100)
  waiting.add('c', '192.0.2.2', 200)
  expect(waiting.yieldOne(1099, 1000)).toBeUndefined()
  expect(waiting.yieldOne(1100, 1000)).toBe('b')
  expect(waiting.size).toBe(2)
})

test('slots are bounded, and free again after release', () => {
  const slots = new Slots(1)
  expect([slots.take(), slots.take()]).toEqual([true, false])
  slots.release()
  expect(slots.take()).toBe(true)
})

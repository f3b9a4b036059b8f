import { expect, test } from 'vitest'
import { LastKnown } from '../../shared/last-known.ts'

test('the last value of a thing is known for a while, of the latest things alone', () => {
  const clock = { ms: 0 }
  const lately = new LastKnown<string, number>(() => clock.ms, 1000, 2)
  lately.note('a', 1)
  clock.ms = 500
  lately.note('b', 2)
  lately.note('a', 3)
  clock.ms = 1499
  expect([lately.get('a'), lately.get('b')]).toEqual([3, 2])
  lately.note('c', 4)
  expect([lately.get('a'), lately.get('b'), lately.get('c')]).toEqual([3, undefined, 4])
  clock.ms = 1500
  expect(lately.get('a')).toBeUndefined()
})

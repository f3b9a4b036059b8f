import { expect, test } from 'vitest'
import { joined } from '../../shared/bytes.ts'
import { monotonicNowMs } from '../../shared/clock.ts'
import { ownText } from '../../shared/own-text.ts'

test('pieces of bytes are joined in their order', () => {
  const pieces = [[1, 2], [], [3], [4, 5, 6]].map((bytes) => Uint8Array.from(bytes))
  expect([...joined(pieces)]).toEqual([1, 2, 3, 4, 5, 6])
  expect(joined([])).toHaveLength(0)
})

test('a copy of a text is the same text', () => {
  for (const text of ['', 'a', ' a b ', '😀']) expect(ownText(text)).toBe(text)
})

test('the clock that never steps goes on', () => {
  const [before, beforeMs] = [monotonicNowMs(), performance.now()]
  while (performance.now() === beforeMs) {}
  expect(monotonicNowMs()).toBeGreaterThan(before)
})

import { expect, test } from 'vitest'
import { Rate } from '../../../origin/lib/rate.ts'

test('a rate is the mean of whole seconds: what comes before the first one does not make it low', () => {
  let nowMs = 900
  const rate = new Rate(() => nowMs)
  rate.add(200) // the header of an Ogg stream, in the last 100 ms of a second
  nowMs = 1500
  expect(rate.perSecond(), 'not known before a whole second has passed').toBe(0)
  rate.add(8000)
  nowMs = 2000
  expect(rate.perSecond()).toBe(8000)
  for (; nowMs < 9000; nowMs += 1000) rate.add(8000)
  expect(rate.perSecond()).toBe(8000)
  nowMs += 3000
  expect(rate.perSecond(), 'silence lowers it').toBe((2 * 8000) / 5)
})

import { expect, test } from 'vitest'
import { NewsLog } from '../../../shared/news/news-log.ts'

const record = (byte: number, length = 1) => new Uint8Array(length).fill(byte)
const read = (log: NewsLog, after: number, bytesMax = 1000) => {
  const page = log.read(after, bytesMax)
  return { ...page, bytes: [...page.bytes] }
}

test('a reader gets the newest record of each key, in the order of changes', () => {
  const log = new NewsLog()
  log.put(1, record(10))
  log.put(2, record(20))
  log.put(1, record(11))
  expect(read(log, 0)).toEqual({ bytes: [20, 11], change: 3, isLast: true })
  expect(read(log, 2)).toEqual({ bytes: [11], change: 3, isLast: true })
  expect(read(log, 3)).toEqual({ bytes: [], change: 3, isLast: true })
  log.drop(2)
  expect(read(log, 0).bytes).toEqual([11])
  expect([log.size, log.bytesOf(2), log.bytesOf(1)]).toEqual([1, undefined, record(11)])
})

test('a page has as many records as fit, one at least, and the next one goes on behind it', () => {
  const log = new NewsLog()
  for (const key of [1, 2, 3]) log.put(key, record(key, 4))
  log.put(4, record(4, 20))
  expect(read(log, 0, 8)).toEqual({ bytes: [1, 1, 1, 1, 2, 2, 2, 2], change: 2, isLast: false })
  expect(read(log, 2, 8)).toMatchObject({ change: 3, isLast: false })
  expect(read(log, 3, 8)).toMatchObject({ bytes: { length: 20 }, change: 4, isLast: true })
})

test('records that were replaced cost memory only up to a bound, and no reader anything', () => {
  const log = new NewsLog()
  for (let i = 0; i < 100_000; i++) log.put(i % 10, record(i % 10))
  expect(read(log, 0)).toMatchObject({ bytes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9], change: 100_000 })
  expect(log.held).toBeLessThan(2 * 10 + 1025)
})

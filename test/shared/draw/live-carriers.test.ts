import { expect, test } from 'vitest'
import { LiveCarriers } from '../../../shared/draw/live-carriers.ts'
import { mountReport, serverOf } from '../../kit/parts/reports.ts'

const all = ['a', 'b', 'c', 'd', 'e'].map((id, i) =>
  serverOf(id, { mounts: [mountReport('/other'), mountReport('/live.mp3', { listeners: i })] }),
)
const carriersOf = (...indexes: number[]) => {
  const carriers = new LiveCarriers(all, indexes.length)
  for (const index of indexes) carriers.add(index, 1)
  return carriers
}
const shown = (carriers: LiveCarriers) =>
  Array.from({ length: carriers.size + 1 }, (_, i) => [
    carriers.serverAt(i)?.report.id,
    carriers.reportAt(i)?.listeners,
  ])

test('the servers of a mount are there with what they report of it, and no more than have room', () => {
  const carriers = carriersOf(1, 3)
  expect(shown(carriers)).toEqual([
    ['b', 1],
    ['d', 3],
    [undefined, undefined],
  ])
  expect(() => carriers.add(4, 1)).toThrow(RangeError)
  expect(carriers.size).toBe(2)
})

test('two lists together are by id, whichever begins and ends', () => {
  const ids = (carriers: LiveCarriers) => shown(carriers).map(([id]) => id)
  expect(ids(carriersOf(1, 3).with(carriersOf(0, 2, 4)))).toEqual(['a', 'b', 'c', 'd', 'e', undefined])
  expect(ids(carriersOf(0, 4).with(carriersOf(1, 2)))).toEqual(['a', 'b', 'c', 'e', undefined])
  expect(ids(carriersOf().with(carriersOf(2)))).toEqual(['c', undefined])
  const some = carriersOf(2)
  expect(some.with(carriersOf())).toBe(some)
})

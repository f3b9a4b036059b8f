import { expect, test } from 'vitest'
import { Gathered } from '../../../shared/http/gathered.ts'

const bytes = (...values: number[]) => Uint8Array.from(values)

test('pieces are taken as far as they fit, and are there in their order', () => {
  const gathered = new Gathered(5)
  expect([gathered.add(bytes(1, 2)), gathered.isFull, gathered.size]).toEqual([2, false, 2])
  expect([gathered.add(bytes(3, 4, 5, 6)), gathered.isFull, gathered.size]).toEqual([3, true, 5])
  expect(gathered.add(bytes(7))).toBe(0)
  expect(gathered.bytes).toEqual(bytes(1, 2, 3, 4, 5))
})

test('room is made for what is announced, then at least 256 bytes, then twice as much, and never beyond the bound', () => {
  expect(new Gathered(1000, 40).room).toBe(40)
  expect(new Gathered(1000, 4000).room).toBe(1000)
  const gathered = new Gathered(1000)
  const rooms = [gathered.room]
  for (const size of [1, 255, 1, 255, 400]) {
    gathered.add(new Uint8Array(size))
    rooms.push(gathered.room)
  }
  expect(rooms).toEqual([0, 256, 256, 512, 512, 1000])
})

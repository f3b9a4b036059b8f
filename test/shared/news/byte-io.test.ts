import { expect, test } from 'vitest'
import { ByteReader, ByteWriter } from '../../../shared/news/byte-io.ts'

const numbers = [
  0,
  1,
  127,
  128,
  5000,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 3,
  2 ** 53 - 2,
  2 ** 53 - 1,
  0.5,
  -1,
  1e300,
]

test('numbers and texts are read as they were written, whatever their size', () => {
  const texts = ['', 'ü€😀', '\ufeffa', 'x'.repeat(5000)]
  const writer = new ByteWriter()
  for (const number of numbers) writer.number(number)
  writer.number(undefined).number(Number.NEGATIVE_INFINITY)
  for (const text of texts) writer.text(text)
  const reader = new ByteReader(writer.take())
  expect(numbers.map(() => reader.number())).toEqual(numbers)
  expect([reader.optional(), reader.optional()]).toEqual([undefined, Number.NEGATIVE_INFINITY])
  expect(texts.map(() => reader.text())).toEqual(texts)
  expect(reader.isAtEnd).toBe(true)
  expect(writer.take()).toHaveLength(0)
})

test('small integers take one byte, and those of a report at most three', () => {
  const sizeOf = (number: number) => new ByteWriter().number(number).take().length
  expect([0, 125, 126, 16_000, 2_000_000].map(sizeOf)).toEqual([1, 1, 2, 2, 3])
})

test('bytes that end too soon are an error', () => {
  const cut = new ByteWriter().number(5000).take().subarray(0, 1)
  expect(() => new ByteReader(cut).number()).toThrow('the bytes end at 1, expected more')
  expect(() => new ByteReader(new ByteWriter().number(undefined).take()).number()).toThrow('no number')
})

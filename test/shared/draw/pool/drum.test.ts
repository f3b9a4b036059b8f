import { expect, test } from 'vitest'
import { Drum } from '../../../../shared/draw/pool/drum.ts'

/** A drum whose current weights are those of the array, which may fall later. */
function drumOf(weights: readonly number[]): Drum {
  const drum = new Drum((index) => weights[index] ?? 0)
  for (const [index, weight] of weights.entries()) drum.set(index, weight)
  return drum
}

/** Draws with these numbers: what was drawn, and how many of them it took. */
function drawBy(drum: Drum, rolls: readonly number[], out?: number): { index: number; rolls: number } {
  let used = 0
  const index = drum.draw(0, () => rolls[used++] ?? Number.NaN, out)
  return { index, rolls: used }
}

test('each ticket of a drum draws its index, without those of the index that is out', () => {
  const drum = drumOf([3, 0, 2, 1])
  const drawn = (count: number, out?: number) =>
    Array.from({ length: count }, (_, ticket) => drawBy(drum, [ticket / count], out).index)
  expect(drawn(6)).toEqual([0, 0, 0, 2, 2, 3])
  expect(drawn(3, 0)).toEqual([2, 2, 3])
  expect(drawn(6, 1)).toEqual([0, 0, 0, 2, 2, 3])
  expect(drawn(4, 2)).toEqual([0, 0, 0, 3])
  expect(drawn(5, 3)).toEqual([0, 0, 0, 2, 2])
})

test('nothing is drawn, and nothing rolled, where only the index that is out has weight', () => {
  expect(drawBy(drumOf([0, 5]), [0.5], 1)).toEqual({ index: -1, rolls: 0 })
  expect(drawBy(drumOf([0, 0]), [0.5])).toEqual({ index: -1, rolls: 0 })
})

test('a drum grows with the highest index that has a weight', () => {
  for (const size of [16, 17, 40]) {
    const weights = Array.from({ length: size }, (_, i) => (i === size - 1 ? 5 : 0))
    expect(drawBy(drumOf(weights), [0.5]).index).toBe(size - 1)
    const drum = new Drum((index) => weights[index] ?? 0)
    drum.set(size - 1, 5)
    expect(drawBy(drum, [0.5]).index).toBe(size - 1)
  }
})

test('a drum keeps all weights as it grows', () => {
  const weights = Array.from({ length: 18 }, (_, i) => (i < 16 ? 0 : 5))
  for (const order of [
    [16, 17],
    [17, 16],
  ]) {
    const drum = new Drum((index) => weights[index] ?? 0)
    for (const index of order) drum.set(index, 5)
    expect([0.25, 0.75].map((roll) => drawBy(drum, [roll]).index)).toEqual([16, 17])
  }
})

test('a drum that was emptied is filled again, by one weight or by all', () => {
  const weights = [0, 2, 3]
  const drum = drumOf(weights)
  drum.fill(new Float64Array(0))
  expect(drawBy(drum, [0.5])).toEqual({ index: -1, rolls: 0 })
  drum.set(2, 3)
  expect(drawBy(drum, [0.5])).toEqual({ index: 2, rolls: 1 })
  drum.fill(Float64Array.from(weights))
  expect([0.1, 0.9].map((roll) => drawBy(drum, [roll]).index)).toEqual([1, 2])
})

test('a weight that fell to nothing is rolled once, and not again', () => {
  const weights = [100, 100]
  const drum = drumOf(weights)
  weights[0] = 0
  expect(drawBy(drum, [0.25, 0.25])).toEqual({ index: 1, rolls: 2 })
  expect(drawBy(drum, [0.25])).toEqual({ index: 1, rolls: 1 })
})

test('a held weight that is off by a hundredth stays, and is rolled again there; one that is off by more is corrected', () => {
  const weights = [100]
  const drum = drumOf(weights)
  weights[0] = 99
  expect(drawBy(drum, [0.5])).toEqual({ index: 0, rolls: 1 })
  // ticket 99.5 of 100 is rejected, and the weight corrected; then 98.5 of 99 is accepted
  expect(drawBy(drum, [0.995, 0.995])).toEqual({ index: 0, rolls: 2 })
  expect(drawBy(drum, [0.995])).toEqual({ index: 0, rolls: 1 })
  weights[0] = 97
  expect(drawBy(drum, [0.5])).toEqual({ index: 0, rolls: 1 })
  expect(drawBy(drum, [0.995])).toEqual({ index: 0, rolls: 1 })
})

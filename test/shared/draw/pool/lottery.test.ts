import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Lottery } from '../../../../shared/draw/pool/lottery.ts'
import { repetitions } from '../../../kit/base/repetitions.ts'

/** The naive drum: one entry for each ticket. */
const tickets = (weights: readonly number[]) =>
  weights.flatMap((weight, index) => Array.from({ length: weight }, () => index))

const filled = (weights: readonly number[]) => {
  const lottery = new Lottery()
  for (const weight of weights) lottery.set(lottery.add(), weight)
  return lottery
}

test('every ticket belongs to the same index as in the naive drum, whatever was set before', () => {
  const weights = fc.array(fc.nat({ max: 12 }), { minLength: 1, maxLength: 70 })
  fc.assert(
    fc.property(
      weights,
      fc.array(fc.tuple(fc.nat(), fc.nat({ max: 12 })), { maxLength: 30 }),
      (start, changes) => {
        const lottery = filled(start)
        const now = [...start]
        for (const [at, weight] of changes) {
          now[at % now.length] = weight
          lottery.set(at % now.length, weight)
        }
        const drum = tickets(now)
        expect(lottery.total).toBe(drum.length)
        for (const later of [0, 0.999])
          expect(Array.from(drum.keys(), (ticket) => lottery.at(ticket + later))).toEqual(drum)
        for (const index of now.keys())
          expect(lottery.before(index)).toBe(drum.filter((i) => i < index).length)
      },
    ),
  )
})

const changes = repetitions(1_000_000)
test(`a drum of 10,000 stays exact after ${changes} changes`, () => {
  const size = 10_000
  const weights = Array.from({ length: size }, (_, i) => (i * 7919) % 1000)
  const lottery = filled(weights)
  for (let i = 0; i < changes; i++) {
    const at = (i * 104_729) % size
    weights[at] = (i * 31) % 1000
    lottery.set(at, weights[at] ?? 0)
  }
  let before = 0
  const wrong: number[] = []
  for (const [index, weight] of weights.entries()) {
    if (weight > 0 && !(lottery.at(before) === index && lottery.at(before + weight - 1) === index))
      wrong.push(index)
    before += weight
  }
  expect(wrong).toEqual([])
  expect(lottery.total).toBe(before)
})

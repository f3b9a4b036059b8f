import { describe, expect, test } from 'vitest'
import { chiSquareP } from '../../../kit/base/chi-square.ts'
import { draws, viewOf, withSlots } from '../../../kit/parts/draws.ts'

describe('S2, S3: the draw', () => {
  test('is right among 10,000 servers with different numbers of slots', () => {
    const slots = Array.from({ length: 10_000 }, (_, i) => 50 + ((i * 37) % 101))
    const view = viewOf(...slots.map((max, i) => withSlots(`s${i}`, max)))
    const counts = draws(view, 1_000_000, 2)
    expect(counts.size).toBe(10_000)
    expect(
      chiSquareP(
        slots.map((_, i) => counts.get(`s${i}`) ?? 0),
        slots,
      ),
    ).toBeGreaterThan(0.001)
  })
})

import { expect, test } from 'vitest'
import { Gatherers } from '../../../edge/workers/gatherers.ts'
import { serverOf } from '../../kit/parts/reports.ts'

/** How many objects should gather, after 20 s of this many reports a second. */
function afterRate(gatherers: Gatherers, perSecond: number, beginMs: number): number {
  let last = 0
  for (let i = 0; i < perSecond * 20; i++) last = gatherers.after(beginMs + (i * 1000) / perSecond)
  return last
}

test('objects gather reports only where they come faster than one object should take, each two hundred a second', () => {
  const gatherers = new Gatherers([])
  const rates = [1, 150, 160, 250, 1000, 5000, 100]
  expect(rates.map((perSecond, i) => afterRate(gatherers, perSecond, i * 40_000))).toEqual([
    0, 0, 1, 2, 5, 16, 0,
  ])
})

test('an object that has just started asks for them by the servers in its store', () => {
  const servers = Array.from({ length: 2400 }, (_, i) => serverOf(`s${i}`, { interval: 5 }))
  expect(new Gatherers(servers).after(0)).toBe(3)
})

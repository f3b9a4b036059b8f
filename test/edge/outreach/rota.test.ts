import { expect, test } from 'vitest'
import { type Next, Rota } from '../../../edge/outreach/rota.ts'

/** A rota over members that answer when the test says so, on a manual clock. */
function createRota(atOnce = 2) {
  const members = new Map<string, { key: number }>()
  const visited: [string, number | undefined][] = []
  const waiting: ((next: Next<number>) => void)[] = []
  const clock = { nowMs: 0 }
  const rota = new Rota<{ key: number }, number>({
    members: () => members,
    keyOf: ({ key }) => key,
    nowMs: () => clock.nowMs,
    atOnce,
    visit(member, state) {
      visited.push([[...members].find(([, each]) => each === member)?.[0] ?? '', state])
      return new Promise((resolve) => waiting.push(resolve))
    },
  })
  const answer = async (next: Next<number>) => {
    waiting.shift()?.(next)
    await Promise.resolve().then(() => {})
  }
  return { members, visited, clock, rota, answer, names: () => visited.map(([name]) => name) }
}

const again = (pauseMs: number, state?: number): Next<number> => ({ pauseMs, state })

test('each member is visited at once, and then after its own pause, counted from the start of its visit', async () => {
  const { members, clock, rota, answer, names } = createRota()
  members.set('a', { key: 1 }).set('b', { key: 1 })
  expect(rota.nextMs()).toBe(0)
  const running = rota.run()
  clock.nowMs = 400
  await answer(again(1000))
  await answer(again(5000))
  await running
  expect(names()).toEqual(['a', 'b'])
  expect(rota.nextMs()).toBe(1000)
  clock.nowMs = 999
  await rota.run()
  expect(names()).toEqual(['a', 'b'])
  clock.nowMs = 1000
  void rota.run()
  expect(names()).toEqual(['a', 'b', 'a'])
})

test('visits at the same time are bounded, and the rest follow', async () => {
  const { members, rota, answer, names } = createRota(2)
  for (const id of ['a', 'b', 'c', 'd']) members.set(id, { key: 1 })
  const running = rota.run()
  expect(names()).toEqual(['a', 'b'])
  for (let i = 0; i < 4; i++) await answer(again(1000))
  await running
  expect(names()).toEqual(['a', 'b', 'c', 'd'])
})

test('a member whose visit takes long is not visited twice, and does not delay others', async () => {
  const { members, clock, rota, answer, names } = createRota(2)
  members.set('slow', { key: 1 }).set('quick', { key: 1 })
  void rota.run()
  const slow = names()
  expect(slow).toEqual(['slow', 'quick'])
  await answer(again(1_000_000)) // slow is answered first in this test: let it wait again
  members.set('slow', { key: 2 })
  await answer(again(1000))
  void rota.run()
  expect(names()).toEqual(['slow', 'quick', 'slow'])
  clock.nowMs = 1000
  void rota.run()
  expect(names()).toEqual(['slow', 'quick', 'slow', 'quick'])
  clock.nowMs = 2000
  void rota.run()
  expect(names()).toEqual(['slow', 'quick', 'slow', 'quick'])
})

test('the memory of a visit is passed to the next one, until the key of the member changes', async () => {
  const { members, clock, rota, answer, visited } = createRota()
  members.set('a', { key: 1 })
  void rota.run()
  await answer(again(1000, 7))
  clock.nowMs = 1000
  void rota.run()
  await answer(again(1000, 8))
  members.set('a', { key: 2 })
  expect(rota.nextMs()).toBe(0)
  void rota.run()
  expect(visited).toEqual([
    ['a', undefined],
    ['a', 7],
    ['a', undefined],
  ])
})

test('a removed member is not visited, and starts without memory when it returns', async () => {
  const { members, rota, answer, visited } = createRota()
  members.set('a', { key: 1 })
  void rota.run()
  await answer(again(1000, 7))
  members.delete('a')
  await rota.run()
  expect(rota.nextMs()).toBeUndefined()
  members.set('a', { key: 1 })
  void rota.run()
  expect(visited).toEqual([
    ['a', undefined],
    ['a', undefined],
  ])
})

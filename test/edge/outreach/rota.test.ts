import { expect, test } from 'vitest'
import { type Next, Rota } from '../../../edge/outreach/rota.ts'

/** A rota over members that answer when told, on a clock that moves when told. */
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

test('each is visited at once, and then after its own pause, counted from the beginning of its visit', async () => {
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

test('no more are visited at a time than it may, and the rest follow', async () => {
  const { members, rota, answer, names } = createRota(2)
  for (const id of ['a', 'b', 'c', 'd']) members.set(id, { key: 1 })
  const running = rota.run()
  expect(names()).toEqual(['a', 'b'])
  for (let i = 0; i < 4; i++) await answer(again(1000))
  await running
  expect(names()).toEqual(['a', 'b', 'c', 'd'])
})

test('one that keeps its visitor waiting is not visited twice, and keeps nobody else waiting', async () => {
  const { members, clock, rota, answer, names } = createRota(2)
  members.set('slow', { key: 1 }).set('quick', { key: 1 })
  void rota.run()
  const slow = names()
  expect(slow).toEqual(['slow', 'quick'])
  await answer(again(1_000_000)) // slow is answered first in this test: let it wait anew
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

test('what a visit leaves is handed to the next, until the member is another', async () => {
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

test('one that is gone is not visited, and begins anew when it is back', async () => {
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

import { expect, test } from 'vitest'
import { Gathering } from '../../../edge/workers/gathering.ts'
import { messageOf } from '../../../shared/message-of.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'

/** A gathering of numbers, each of which takes ten bytes, and what was passed on. */
function gatherNumbers(result: (all: number[]) => readonly string[]) {
  const time = new ManualTime()
  const passed: number[][] = []
  const gathering = new Gathering<number, string>(
    async (all) => {
      passed.push(all)
      return result(all)
    },
    (ms) => new Promise<void>((wake) => time.after(ms, wake)),
    { ms: 100, countMax: 4, bytesMax: 35 },
  )
  const outcomes: string[] = []
  const add = (one: number) => {
    gathering.add(one, 10).then(
      (text) => outcomes.push(text),
      (error: unknown) => outcomes.push(`${one} failed: ${messageOf(error)}`),
    )
  }
  return { time, passed, add, outcomes }
}

test('reports that come within 100 ms are passed on together, and each gets its own result', async () => {
  const { time, passed, add, outcomes } = gatherNumbers((all) => all.map((one) => `result ${one}`))
  add(1)
  await time.pass(90)
  add(2)
  expect(passed).toEqual([])
  await time.pass(10)
  expect(passed).toEqual([[1, 2]])
  expect(outcomes).toEqual(['result 1', 'result 2'])
  add(3)
  await time.pass(100)
  expect(passed).toEqual([[1, 2], [3]])
})

test('it waits no longer once there are as many, or as many bytes, as one call may have', async () => {
  const { time, passed, add } = gatherNumbers((all) => all.map(String))
  for (const one of [1, 2, 3, 4, 5]) add(one)
  expect(passed).toEqual([[1, 2, 3]])
  await time.pass(99)
  add(6)
  await time.pass(1)
  expect(passed).toEqual([
    [1, 2, 3],
    [4, 5, 6],
  ])
})

test('if the call fails all of them fail, and one without a result', async () => {
  const { time, add, outcomes } = gatherNumbers((all) => {
    if (all.includes(1)) throw new Error('away')
    return ['result']
  })
  add(1)
  add(2)
  await time.pass(100)
  add(3)
  add(4)
  await time.pass(100)
  expect(outcomes).toEqual(['1 failed: away', '2 failed: away', 'result', '4 failed: no result for 2 of 2'])
})

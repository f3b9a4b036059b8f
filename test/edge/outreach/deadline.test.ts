import { expect, test } from 'vitest'
import { withDeadline } from '../../../edge/outreach/deadline.ts'

/** Work that ends when its signal aborts, and not before. */
const untilAborted = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('work that takes longer than its time is aborted with an error that says so', async () => {
  await expect(withDeadline(1, untilAborted)).rejects.toThrow('no answer within 1 ms')
})

test('work that is done in time gives its result, and its signal does not abort', async () => {
  const signals: AbortSignal[] = []
  const work = async (signal: AbortSignal) => {
    signals.push(signal)
    return 7
  }
  expect(await withDeadline(60_000, work)).toBe(7)
  expect(signals.map(({ aborted }) => aborted)).toEqual([false])
})

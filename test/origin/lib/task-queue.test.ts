import { describe, expect, test } from 'vitest'
import { TaskQueue } from '../../../origin/lib/task-queue.ts'

/** A task that ends when told to. */
function pending() {
  let end = () => {}
  let fail = (_: Error) => {}
  let started = false
  const task = () => {
    started = true
    return new Promise<void>((resolve, reject) => {
      end = resolve
      fail = reject
    })
  }
  return { task, end: () => end(), fail: (error: Error) => fail(error), isStarted: () => started }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

describe('a queue of tasks', () => {
  test('runs a bounded number at once, lets a bounded number wait, and accepts no more', async () => {
    const queue = new TaskQueue({ atOnceMax: 2, waitingMax: 1 })
    const [a, b, c, d] = [pending(), pending(), pending(), pending()]
    queue.run(a.task)
    queue.run(b.task)
    queue.run(c.task)
    expect(queue.run(d.task)).toBeUndefined()
    expect([a, b, c, d].map((each) => each.isStarted())).toEqual([true, true, false, false])
    a.end()
    await settle()
    expect(c.isStarted()).toBe(true)
    expect(d.isStarted()).toBe(false)
  })

  test('continues after a task that failed, whose caller gets the error', async () => {
    const queue = new TaskQueue({ atOnceMax: 1, waitingMax: 1 })
    const [a, b] = [pending(), pending()]
    const failed = queue.run(a.task)
    queue.run(b.task)
    a.fail(new Error('no'))
    await expect(failed).rejects.toThrow('no')
    expect(b.isStarted()).toBe(true)
  })

  test('is idle when nothing runs and nothing waits', async () => {
    const queue = new TaskQueue({ atOnceMax: 1, waitingMax: 1 })
    await queue.idle()
    const [a, b] = [pending(), pending()]
    queue.run(a.task)
    queue.run(b.task)
    let isIdle = false
    queue.idle().then(() => {
      isIdle = true
    })
    a.end()
    await settle()
    expect(isIdle).toBe(false)
    b.end()
    await settle()
    expect(isIdle).toBe(true)
  })
})

import { describe, expect, test } from 'vitest'
import { FairQueue } from '../../../origin/lib/fair-queue.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A queue, and the holders whose tasks ran, in order; each task ends in the next turn of the event loop. */
function queueOf(waitingMax: number) {
  const queue = new FairQueue({ atOnceMax: 1, waitingMax })
  const ran: string[] = []
  const run = (holder: string) =>
    queue.run(holder, async () => {
      ran.push(holder)
      await turn()
      return 'done' as const
    })
  return { run, ran }
}

describe('a fair queue', () => {
  test('gives holders turns in order, however many tasks one has', async () => {
    const { run, ran } = queueOf(10)
    await Promise.all(['a', 'a', 'a', 'a', 'b', 'c', 'b'].map(run))
    expect(ran.join('')).toBe('aabcaba')
  })

  test('refuses the newest task of the holder with most: others are never blocked', async () => {
    const { run, ran } = queueOf(3)
    const all = ['a', 'a', 'a', 'a', 'a', 'b', 'c'].map(run)
    expect(await Promise.all(all)).toEqual(['done', 'done', 'busy', 'busy', 'busy', 'done', 'done'])
    expect(ran.join('')).toBe('aabc')
  })

  test('continues after a task that failed, whose caller gets the error', async () => {
    const queue = new FairQueue({ atOnceMax: 1, waitingMax: 1 })
    const failed = queue.run('a', () => Promise.reject(new Error('no')))
    const next = queue.run('a', async () => 'done')
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('done')
  })
})

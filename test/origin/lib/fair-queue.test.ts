import { describe, expect, test } from 'vitest'
import { FairQueue } from '../../../origin/lib/fair-queue.ts'

const turn = () => new Promise((resolve) => setImmediate(resolve))

/** A queue, and who has been run, in order; each task ends when the next turn says so. */
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
  test('runs those of each holder in turn, however many one has', async () => {
    const { run, ran } = queueOf(10)
    await Promise.all(['a', 'a', 'a', 'a', 'b', 'c', 'b'].map(run))
    expect(ran.join('')).toBe('aabcaba')
  })

  test('refuses the newest of who has most: another is never kept out', async () => {
    const { run, ran } = queueOf(3)
    const all = ['a', 'a', 'a', 'a', 'a', 'b', 'c'].map(run)
    expect(await Promise.all(all)).toEqual(['done', 'done', 'busy', 'busy', 'busy', 'done', 'done'])
    expect(ran.join('')).toBe('aabc')
  })

  test('goes on after a task that failed, and tells who asked for it', async () => {
    const queue = new FairQueue({ atOnceMax: 1, waitingMax: 1 })
    const failed = queue.run('a', () => Promise.reject(new Error('no')))
    const next = queue.run('a', async () => 'done')
    await expect(failed).rejects.toThrow('no')
    expect(await next).toBe('done')
  })
})

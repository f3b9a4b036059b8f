import { expect, test } from 'vitest'
import { shutDown } from '../../../origin/process/shutdown.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'

function ending({
  tellingMs = 0,
  idleAtMs = Number.POSITIVE_INFINITY,
  isKnown = false,
  graceMs = 5000,
  closingMs = 0,
} = {}) {
  const time = new ManualTime()
  const wait = (ms: number) => new Promise<void>((resolve) => time.after(ms, resolve))
  const happened: string[] = []
  const done = shutDown(
    {
      leave: async () => {
        happened.push(`leave at ${time.nowMs()}`)
        await wait(tellingMs)
      },
      get isIdle() {
        return time.nowMs() >= idleAtMs
      },
      isKnown,
      close: async () => {
        happened.push(`close at ${time.nowMs()}`)
        if (closingMs > 0) await wait(closingMs)
      },
    },
    graceMs,
    wait,
  )
  return { time, happened, done }
}

test('SIGTERM: tells the deciders first, and closes when the grace is over', async () => {
  const { time, happened, done } = ending()
  await time.pass(6000)
  await done
  expect(happened).toEqual(['leave at 0', 'close at 5000'])
})

test('SIGTERM: a decider that does not answer does not delay it beyond its grace', async () => {
  const { time, happened, done } = ending({ tellingMs: 60_000 })
  await time.pass(6000)
  await done
  expect(happened).toEqual(['leave at 0', 'close at 5000'])
})

test('SIGTERM: a connection that never says that it is closed does not keep the program', async () => {
  const { time, done } = ending({ closingMs: 60_000 })
  let isOver = false
  done.then(() => {
    isOver = true
  })
  await time.pass(12_900)
  expect(isOver).toBe(false)
  await time.pass(200)
  await done
  expect(isOver).toBe(true)
})

test('SIGTERM: without listeners and deciders it closes at once', async () => {
  const { time, happened, done } = ending({ idleAtMs: 0 })
  await time.pass(0)
  await done
  expect(happened).toEqual(['leave at 0', 'close at 0'])
})

test.each([true, false])(
  'SIGTERM: a long grace ends with the last listener (known to deciders: %s)',
  async (isKnown) => {
    const { time, happened, done } = ending({ idleAtMs: 30_000, isKnown, graceMs: 600_000 })
    await time.pass(31_000)
    await done
    expect(happened).toEqual(['leave at 0', 'close at 30000'])
  },
)

test('SIGTERM: a server known to deciders waits for listeners that they may still send, and no longer', async () => {
  const { time, happened, done } = ending({ idleAtMs: 0, isKnown: true, graceMs: 600_000 })
  await time.pass(6000)
  await done
  expect(happened).toEqual(['leave at 0', 'close at 5000'])
})

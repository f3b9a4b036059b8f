import { describe, expect, test } from 'vitest'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { recordingDecider, reporterTo } from '../../kit/parts/reporting.ts'

describe('when a report is sent (docs/protocol.md#when-a-report-is-sent)', () => {
  test('at once when it starts, then by the promised interval', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    reporterTo(edge, time).reporter.start()
    await time.pass(35_000)
    expect(edge.times()).toEqual([0, 10_000, 20_000, 30_000])
    expect(edge.told.map(({ report }) => report.seq)).toEqual([1, 2, 3, 4])
    expect(edge.told[0]?.url).toBe('http://edge.example/admin/sourcelist.txt')
  })

  test('S14: within 1 s of the start or end of a mirrored mount, but never more than once a second', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    await time.pass(3000)
    for (let i = 0; i < 20; i++) {
      reporter.change()
      await time.pass(100)
    }
    await time.pass(1000)
    expect(edge.times()).toEqual([0, 3000, 4000, 5000])
  })

  test('S8: right before a request for the stream list, unless one was sent within the last second', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    await time.pass(500)
    await reporter.flush()
    expect(edge.times()).toEqual([0])
    await time.pass(4500)
    await reporter.flush()
    expect(edge.times()).toEqual([0, 5000])
  })

  test('when the number of listeners has changed by more than 5 % of the maximum, up or down', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    const { reporter, load } = reporterTo(edge, time)
    reporter.start()
    load.listeners = 5
    await time.pass(3000)
    expect(edge.times()).toEqual([0])
    load.listeners = 6
    await time.pass(500)
    expect(edge.told.map(({ report }) => report.listeners)).toEqual([0, 6])
    load.listeners = 0
    await time.pass(1000)
    expect(edge.told.map(({ report }) => report.listeners)).toEqual([0, 6, 0])
  })

  test("the reply's wish makes reports more frequent, never less frequent than promised", async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    edge.answers.next = () => new Response('accepted 0\ninterval 2\n')
    reporterTo(edge, time).reporter.start()
    await time.pass(7000)
    expect(edge.times()).toEqual([0, 2000, 4000, 6000])
    edge.answers.next = () => new Response('accepted 0\ninterval 3600\n')
    await time.pass(30_000)
    expect(edge.times().slice(4)).toEqual([8000, 18_000, 28_000])
  })

  test('an unreachable decider is asked at growing intervals, but never less often than promised', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    edge.answers.next = () => {
      throw new TypeError('fetch failed')
    }
    reporterTo(edge, time).reporter.start()
    await time.pass(40_000)
    expect(edge.times()).toEqual([0, 1000, 3000, 7000, 15_000, 25_000, 35_000])
  })

  test('no report is sent while another is in progress', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    const waiting: ((response: Response) => void)[] = []
    let asked = 0
    const slow = {
      ...edge,
      fetch: (() => {
        asked++
        return new Promise<Response>((resolve) => waiting.push(resolve))
      }) as typeof fetch,
    }
    const { reporter } = reporterTo(slow, time)
    reporter.start()
    await time.pass(5000)
    reporter.change()
    await time.pass(5000)
    expect(asked).toBe(1)
    waiting[0]?.(new Response('accepted 0\n'))
    await time.pass(1000)
    expect(asked).toBe(2)
  })

  test('the last report says leaving a second after the one before, and none follows', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    await time.pass(400)
    const left = reporter.leave()
    await time.pass(60_000)
    await left
    expect(edge.times()).toEqual([0, 1000])
  })
})

test('a decider that knows this server and is away for a moment gets the leaving report when it is back', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const { reporter } = reporterTo(edge, time)
  reporter.start()
  await time.pass(2000)
  const taken = edge.answers.next
  edge.answers.next = () => {
    throw new TypeError('fetch failed')
  }
  const left = reporter.leave()
  await time.pass(1500)
  edge.answers.next = taken
  await time.pass(60_000)
  await left
  expect(edge.times()).toEqual([0, 2000, 3000, 4000])
})

test('S10: a decider that stays away gets no more leaving reports once it considers this server dead', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const { reporter } = reporterTo(edge, time)
  reporter.start()
  await time.pass(2000)
  edge.answers.next = () => {
    throw new TypeError('fetch failed')
  }
  const left = reporter.leave()
  await time.pass(120_000)
  await left
  // it promised 10 s: 2.5 times that and 2 s after it began to leave
  expect(edge.times().at(-1)).toBe(2000 + 27_000)
})

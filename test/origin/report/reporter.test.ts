import { describe, expect, test } from 'vitest'
import { told } from '../../kit/base/log-records.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { recordingDecider, reporterTo } from '../../kit/parts/reporting.ts'

test('the log says what to do where a decider cannot take the report', async () => {
  const whyFor = async (next: () => Response) => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    edge.answers.next = next
    const [record] = await told(async () => {
      reporterTo(edge, time).reporter.start()
      await time.pass(3000)
    })
    return record
  }
  const moved = () => new Response('', { status: 308, headers: { Location: 'https://edge.example/' } })
  expect(await whyFor(moved)).toMatchObject({
    message: 'report rejected',
    why: 'it redirects to https, as "Always Use HTTPS" at Cloudflare does: set the URL to https://edge.example',
  })
  expect(await whyFor(() => new Response('expected the credentials\n', { status: 401 }))).toMatchObject({
    why: 'expected the credentials; the user or the password is wrong',
  })
  const gone = () => {
    throw new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 192.0.2.1:80') })
  }
  expect(await whyFor(gone)).toMatchObject({ message: 'report not delivered', why: 'connection refused' })
})

test('another program with its id is logged when it begins and when it ends', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const { reporter } = reporterTo(edge, time)
  const messages = await told(async () => {
    reporter.start()
    for (const line of ['', 'twin 203.0.113.9\n', 'twin 203.0.113.9\n', '', '']) {
      edge.answers.next = () => new Response(`accepted 0\ninterval 10\nstate up\n${line}`)
      await time.pass(10_000)
    }
  })
  reporter.stop()
  expect(messages.map(({ message, address }) => [message, address])).toEqual([
    ['report accepted', undefined],
    ['another program reports with the same id', '203.0.113.9'],
    ['no other program reports with the same id any more', undefined],
  ])
})

test('a process whose copy is ahead of it, both from one snapshot of a machine, takes another boot', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const { reporter } = reporterTo(edge, time)
  edge.answers.next = () =>
    new Response('seq 1 is older than 900, the newest of this boot\n', { status: 409 })
  reporter.start()
  await time.pass(500)
  edge.answers.next = () => new Response('accepted 0\ninterval 10\nstate up\n')
  await time.pass(20_000)
  reporter.stop()
  const boots = edge.told.map(({ report }) => report.boot)
  expect(boots.length).toBeGreaterThan(2)
  expect(new Set(boots.slice(1)).size).toBe(1)
  expect(boots[1]).not.toBe(boots[0])
})

test('a boot that another replaced is kept: two programs do not take the id from each other in turn', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const { reporter } = reporterTo(edge, time)
  edge.answers.next = () => new Response('boot b was replaced by another, which is live\n', { status: 409 })
  reporter.start()
  await time.pass(30_000)
  reporter.stop()
  expect(new Set(edge.told.map(({ report }) => report.boot)).size).toBe(1)
})

test('an edge that cannot reach this server is logged once, and once when it can again', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const { reporter } = reporterTo(edge, time)
  const says = (line: string) => {
    edge.answers.next = () => new Response(`accepted 0\ninterval 10\nstate up\n${line}`)
    return time.pass(20_000)
  }
  const messages = await told(async () => {
    says('')
    reporter.start()
    await time.pass(0)
    await says('probe failed http://a.example:8000 connection refused\n')
    await says('probe failed http://a.example:8000 no answer in time\n')
    await says('')
    await says('probe ok\n')
    await says('probe ok\n')
  })
  reporter.stop()
  const by = 'http://edge.example'
  const url = 'http://a.example:8000'
  expect(messages).toEqual([
    { message: 'report accepted', by },
    { message: 'this server is unreachable from the edge', by, url, why: 'connection refused' },
    { message: 'this server is reachable from the edge again', by, url },
  ])
})

describe('a reporter', () => {
  test('that gets 401 as user relay: a master tries as user master, and stays with what works', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    edge.answers.next = () =>
      edge.told.at(-1)?.user === 'master' ? new Response('accepted 0\n') : new Response('no', { status: 401 })
    reporterTo(edge, time, 'master').reporter.start()
    await time.pass(12_000)
    expect(edge.told.map(({ user }) => user)).toEqual(['relay', 'master', 'master'])
  })

  test('that gets 401 as a slave tries no other user', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    edge.answers.next = () => new Response('no', { status: 401 })
    reporterTo(edge, time).reporter.start()
    await time.pass(4000)
    expect(new Set(edge.told.map(({ user }) => user))).toEqual(new Set(['relay']))
  })

  const refusing = (status: number, server?: string) => () =>
    new Response('no', { status, headers: server === undefined ? {} : { Server: server } })
  const tenMinutes = 600_000

  test.for([
    [400, undefined],
    [403, undefined],
    [404, undefined],
    [405, undefined],
    [413, undefined],
    [400, 'Icecast 2.4.4'],
    [401, 'Icecast 2.5.0'],
  ] as const)(
    'S12: treats a master that answers %s (Server: %s) as one without reports, and asks again after 10 minutes',
    async ([status, server]) => {
      const time = new ManualTime()
      const edge = recordingDecider(time)
      edge.answers.next = refusing(status, server)
      const { reporter } = reporterTo(edge, time)
      reporter.start()
      for (let passed = 0; passed < 2 * tenMinutes; passed += 10_000) {
        await time.pass(10_000)
        await reporter.flush()
        reporter.change()
      }
      expect(edge.times()).toEqual([0, tenMinutes, 2 * tenMinutes])
      await reporter.leave()
      expect(edge.told).toHaveLength(3)
    },
  )

  test.for([401, 408, 409, 429, 500, 503])(
    'asks again soon after %i: the server may support reports',
    async (status) => {
      const time = new ManualTime()
      const edge = recordingDecider(time)
      edge.answers.next = refusing(status)
      reporterTo(edge, time).reporter.start()
      await time.pass(16_000)
      expect(edge.times()).toEqual([0, 1000, 3000, 7000, 15_000])
    },
  )

  test('asks a decider that accepted a report again soon, whatever a proxy answers for a while', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    await time.pass(11_000)
    edge.answers.next = refusing(404, 'nginx')
    await time.pass(30_000)
    expect(edge.times()).toEqual([0, 10_000, 20_000, 21_000, 23_000, 27_000, 35_000])
    await time.pass(2 * tenMinutes)
    const later = edge.times().filter((atMs) => atMs > 20_000 + tenMinutes)
    expect(later).toHaveLength(1)
  })

  test('S13: that was told to wait reports at once when another server answers at its address, or SIGHUP comes', async () => {
    const time = new ManualTime()
    const edge = recordingDecider(time)
    edge.answers.next = refusing(400, 'Icecast 2.4.4')
    const { reporter } = reporterTo(edge, time)
    reporter.start()
    reporter.seen('Icecast 2.4.4')
    await time.pass(20_000)
    reporter.seen('Icecast 2.4.4')
    await time.pass(10_000)
    expect(edge.times()).toEqual([0])
    reporter.seen(null) // it is away, and returns
    reporter.seen('Icecast 2.4.4')
    await time.pass(20_000)
    expect(edge.times()).toEqual([0, 30_000])
    reporter.retry()
    await time.pass(10_000)
    expect(edge.times()).toEqual([0, 30_000, 50_000])
    edge.answers.next = () => new Response('accepted 0\n')
    reporter.seen('Icecast-compatible distributary/0.1.0')
    await time.pass(20_000)
    expect(edge.times()).toEqual([0, 30_000, 50_000, 60_000, 70_000, 80_000])
  })
})

import { expect, test } from 'vitest'
import { Reports } from '../../../origin/report/reports.ts'
import { logged } from '../../kit/base/log-records.ts'
import { ManualTime } from '../../kit/base/manual-time.ts'
import { configOf, measured, recordingDecider } from '../../kit/parts/reporting.ts'

/** The reports of an origin with these flags to all its deciders. */
const reportsOf = (
  line: string,
  time: ManualTime,
  edge: ReturnType<typeof recordingDecider>,
  config = configOf(line),
) => {
  return new Reports(config, {
    measure: () => measured({ config }),
    load: () => ({ listeners: 7, maxListeners: 100 }),
    promisedMs: () => 10_000,
    fetch: edge.fetch,
    timers: time,
    nowMs: time.nowMs,
    roll: () => 0,
    onReply: () => {},
  })
}
const both =
  '--hostname a.example --master http://m.example --master-password pw --edge http://e.example --edge-password e'

test('a slave reports to its master and to each edge, once if they are the same', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  reportsOf(`${both} --edge http://m.example`, time, edge).start()
  await time.pass(0)
  expect(edge.told.map(({ url }) => new URL(url).host).sort()).toEqual(['e.example', 'm.example'])
})

test('S8: of several masters each gets its own report, right before its list is asked for', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const reports = reportsOf(`${both} --master http://n.example`, time, edge)
  await reports.flush('http://n.example')
  expect(edge.told.map(({ url }) => new URL(url).host)).toEqual(['n.example'])
})

test('on SIGHUP it says leaving to a removed master, starts with a new one, and sends the others nothing', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const config = configOf(`${both} --master http://n.example`)
  const reports = reportsOf('', time, edge, config)
  reports.start()
  await time.pass(2000)
  const before = edge.told.length
  const [gone, kept] = config.masters
  config.masters = [kept, { url: 'http://new.example', user: 'relay', password: 'pw' }].filter(
    (each) => each !== undefined,
  )
  reports.configure()
  await time.pass(2000)
  const told = edge.told.slice(before).map(({ url, report }) => [new URL(url).origin, report.state])
  expect(told).toEqual([
    ['http://new.example', 'up'],
    [gone?.url, 'leaving'],
  ])
})

test('an edge that takes itself for a loopback address is called by the configured one, and the log says so once', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const reports = reportsOf(both, time, edge)
  edge.answers.next = () =>
    new Response('accepted 0\nedge http://127.0.0.1:8000\nedge https://radio.example\n')
  const records = await logged(async () => {
    reports.start()
    await time.pass(2000)
    reports.change()
    await time.pass(2000)
  })
  expect(reports.edgeUrls).toEqual(['https://radio.example'])
  const said = records.filter(({ message }) => message.join('').startsWith('loopback address of the edge'))
  expect(said.map(({ properties }) => properties)).toEqual([
    { by: 'http://m.example', edge: 'http://127.0.0.1:8000' },
    { by: 'http://e.example', edge: 'http://127.0.0.1:8000' },
  ])
})

test('listeners are sent back to the edge at the address in its reply, else at the configured one', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const reports = reportsOf(both, time, edge)
  expect(reports.edgeUrls).toEqual(['http://e.example'])
  edge.answers.next = () => new Response('accepted 0\nstate draining\nedge https://public.example\n')
  reports.start()
  await time.pass(0)
  expect(reports.edgeUrls).toEqual(['https://public.example'])
  expect(reports.isDraining).toBe(true)
})

test('a drained server that asks again hears within a second that its drain has ended, however many ask, and asks no other decider', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const reports = reportsOf(both, time, edge)
  const askedAt = () =>
    edge.told.flatMap(({ url }, i) => (new URL(url).host === 'e.example' ? [edge.times()[i]] : []))
  edge.answers.next = () => new Response('accepted 0\nstate draining\n')
  reports.start()
  await time.pass(300)
  let answered = 0
  // it is asked in the second after a report, and again while that answer is waited for
  for (let i = 0; i < 100; i++) void reports.renew().then(() => answered++)
  edge.answers.next = () => new Response('accepted 0\nstate up\n')
  await time.pass(600)
  expect([askedAt(), answered, reports.isDraining]).toEqual([[0], 0, true])
  await time.pass(100)
  expect([askedAt(), answered, reports.isDraining]).toEqual([[0, 1000], 100, false])
  await reports.renew() // nobody drains it
  expect(edge.told.length).toBe(4)
})

test('a drained server that asks again waits for no decider that is away', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  const reports = reportsOf(both, time, edge)
  edge.answers.next = () => new Response('accepted 0\nstate draining\n')
  reports.start()
  await time.pass(5000)
  edge.answers.next = () => {
    throw new TypeError('fetch failed')
  }
  const renewed = reports.renew()
  await time.pass(0)
  await renewed // answered by a failure
  let isHeldUp = true
  void reports.renew().then(() => {
    isHeldUp = false
  })
  await time.pass(2000)
  expect([isHeldUp, reports.isDraining]).toEqual([false, true])
})

test('S12: a master that accepts no reports is not an edge', async () => {
  const time = new ManualTime()
  const edge = recordingDecider(time)
  edge.answers.next = () => new Response('<html>400</html>', { status: 400 })
  const reports = reportsOf('--hostname a.example --master http://m.example --master-password pw', time, edge)
  reports.start()
  await time.pass(0)
  expect(edge.told.length).toBe(1)
  expect(reports.edgeUrls).toEqual([])
  const left = reports.leave()
  await time.pass(60_000)
  await left
  expect(edge.told.length).toBe(1) // it gets no leaving report either
})

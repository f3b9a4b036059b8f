import { reset, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { afterEach, expect, test, vi } from 'vitest'
import { edgeLimits } from '../../edge/limits.ts'
import { ClusterObject } from '../../edge/workers/cluster-object.ts'
import { ReportsObject } from '../../edge/workers/reports-object.ts'
import { Registry } from '../../shared/cluster/registry.ts'
import type { Report } from '../../shared/report/report.ts'
import { printSourcelist } from '../../shared/report/sourcelist.ts'
import { readerOf, serversIn } from '../kit/parts/news.ts'
import { mountReport, reportOf } from '../kit/parts/reports.ts'

const nothing = { deltas: [], counted: [] }
const cluster = () => env.CLUSTER.getByName('cluster')
const gatherer = () => env.REPORTS.getByName('reports-0')
const postOf = (report: Report) => ({
  sourcelist: printSourcelist(report),
  reporter: { kind: 'relay' as const },
  remote: undefined,
  edgeUrls: [],
})

afterEach(() => {
  vi.restoreAllMocks()
  return reset()
})

test('reports that an object gathers are stored in one call, and each is answered for itself', async () => {
  const { calls } = vi.spyOn(ClusterObject.prototype, 'acceptAll').mock
  const came = vi.spyOn(ReportsObject.prototype, 'accept').mock
  // in place of a tenth of a second, which a busy machine may need for less
  vi.spyOn(scheduler, 'wait').mockImplementation(async () => {
    while (came.calls.length < 3) await new Promise((wake) => setTimeout(wake, 1))
  })
  const reports = [reportOf('a'), reportOf('b', { mounts: [] }), reportOf('c', { interval: 0 })]
  const all = await Promise.all(reports.map((report) => gatherer().accept(postOf(report), undefined)))
  expect(all.map(({ answer }) => [answer.status, answer.text.split('\n')[0]])).toEqual([
    [200, 'accepted 1'],
    [200, 'accepted 0'],
    [400, expect.stringContaining('interval')],
  ])
  expect(calls).toHaveLength(1)
  const rows = await runInDurableObject(cluster(), (_, { storage }) =>
    storage.sql.exec('SELECT id FROM server ORDER BY id').toArray(),
  )
  expect(rows).toEqual([{ id: 'a' }, { id: 'b' }])
})

test('a fault at one report leaves the others that came with it their answers', async () => {
  const { parse } = Registry.prototype
  vi.spyOn(Registry.prototype, 'parse').mockImplementation(function (this: Registry, text) {
    if (text.includes('id: bad')) throw new TypeError('a fault')
    return parse.call(this, text)
  })
  const all = await Promise.all(
    ['a', 'bad', 'c'].map((id) => gatherer().accept(postOf(reportOf(id)), undefined)),
  )
  expect(all.map(({ answer }) => answer.status)).toEqual([200, 500, 200])
})

test('an isolate with listeners gets the server whose report it received, and no other', async () => {
  await cluster().accept(postOf(reportOf('other')), undefined)
  const first = await cluster().exchange(nothing, undefined)
  const { reader, servers } = readerOf()
  reader.apply(first)
  await cluster().accept(postOf(reportOf('other', { listeners: 5 })), undefined)
  const { own } = await gatherer().accept(postOf(reportOf('a', { listeners: 7 })), first.epoch)
  if (!own) throw new Error('nothing came back')
  expect(own.bytes.length).toBeLessThan(500)
  reader.applyOne(own)
  expect([...servers.values()].map(({ report }) => [report.id, report.listeners])).toEqual([
    ['other', 0],
    ['a', 7],
  ])
})

test('a snapshot of several MB comes in pages that one call carries', async () => {
  const long = 'a-long-name-of-a-station-'.repeat(8)
  const names = Array.from({ length: 1000 }, (_, m) => mountReport(`/${long}${m}.mp3`))
  for (let i = 0; i < 10; i++) await cluster().accept(postOf(reportOf(`s${i}`, { mounts: names })), undefined)
  const pages = [await cluster().exchange(nothing, undefined)]
  for (let last = pages[0]; last && !last.isLast; last = pages.at(-1))
    pages.push(await cluster().exchange(nothing, { epoch: last.epoch, change: last.change }))
  expect(pages.length).toBeGreaterThan(2)
  for (const { bytes } of pages) expect(bytes.length).toBeLessThanOrEqual(edgeLimits.newsBytesMax)
  expect(serversIn(pages)).toHaveLength(10)
})

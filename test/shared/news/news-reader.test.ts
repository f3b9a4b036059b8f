import { expect, test } from 'vitest'
import { View } from '../../../shared/draw/view.ts'
import { ByteWriter } from '../../../shared/news/byte-io.ts'
import { packDebit, packLoads } from '../../../shared/news/packed-server.ts'
import { type News, PublishedServers } from '../../../shared/news/published-servers.ts'
import { readerOf } from '../../kit/parts/news.ts'
import { mountReport, serverOf } from '../../kit/parts/reports.ts'

const all = 1_000_000

/** A publisher, and a reader that has read everything about these servers. */
function started(...ids: string[]) {
  const view = new View(100)
  const published = new PublishedServers(view, 'life', 3)
  const { reader, servers } = readerOf()
  const put = (id: string, listeners: number, mounts = [mountReport('/live.mp3')]) =>
    view.put(serverOf(id, { listeners, mounts }))
  for (const id of ids) put(id, 0)
  const next = (bytesMax = all) => published.after(reader.version, bytesMax)
  reader.apply(next())
  const listeners = () => Object.fromEntries([...servers].map(([id, { report }]) => [id, report.listeners]))
  return { view, published, reader, servers, put, next, listeners }
}

/** The news with other records in place of theirs. */
const saying = (news: News, bytes: Uint8Array<ArrayBuffer>): News => ({ ...news, bytes })

test('a reader is complete from the last page of a whole reading on, and not before', () => {
  const view = new View(100)
  for (const id of ['a', 'b', 'c']) view.put(serverOf(id))
  const published = new PublishedServers(view, 'life', 3)
  const { reader } = readerOf()
  const complete: boolean[] = [reader.isComplete]
  for (let isLast = false; !isLast; complete.push(reader.isComplete)) {
    const page = published.after(reader.version, 1)
    isLast = page.isLast
    expect(reader.apply(page)).toBe(true)
  }
  expect(complete).toEqual([...Array(complete.length - 1).fill(false), true])
  expect(complete.length).toBeGreaterThan(3)
})

test('servers of another life stay until the last page of the new one, so that listeners are answered meanwhile', () => {
  const { view, reader, listeners } = started('a', 'b', 'c')
  view.remove('b')
  const again = new PublishedServers(view, 'next life', 3)
  reader.apply(again.after(reader.version, 1))
  expect(Object.keys(listeners())).toEqual(['a', 'b', 'c'])
  expect(reader.isComplete).toBe(true)
  reader.apply(again.after(reader.version, all))
  expect(Object.keys(listeners())).toEqual(['a', 'c'])
})

test('a page of another life counts only from its beginning, and if no other life was read since it was asked for', () => {
  const { view, published, reader, put, next, listeners } = started('a')
  const asked = { version: reader.version }
  put('a', 1)
  const before = next()
  const again = new PublishedServers(view, 'next life', 3)
  const first = again.after(undefined, all)
  put('a', 2)
  const second = again.after(first, all)
  expect(reader.apply(second, asked), 'not the beginning').toBe(false)
  expect(reader.apply(first, asked)).toBe(true)
  expect(listeners()).toEqual({ a: 1 })
  expect(reader.apply(before, asked), 'of the life before').toBe(false)
  expect(reader.apply(published.after(undefined, all), asked), 'asked for in the life before').toBe(false)
  expect(reader.version?.epoch).toBe(first.epoch)
  expect(reader.apply(second)).toBe(true)
  expect(listeners()).toEqual({ a: 2 })
})

test('a page that is older than what is known, or follows one that did not come, says nothing', () => {
  const { published, reader, put, next, listeners } = started('a', 'b')
  put('a', 1)
  const first = next()
  put('b', 1)
  const second = published.after(first, all)
  expect(reader.apply(second), 'follows one that did not come').toBe(true)
  expect([listeners(), reader.version]).toEqual([
    { a: 0, b: 0 },
    expect.objectContaining({ change: first.after }),
  ])
  put('a', 2)
  reader.apply(next())
  expect(reader.apply(first), 'older').toBe(true)
  expect(listeners()).toEqual({ a: 2, b: 1 })
})

test('what is known of one server is not undone by a page that was made before, whose other servers count', () => {
  const { published, reader, servers, put, next, listeners } = started('a', 'b')
  const two = [mountReport('/live.mp3'), mountReport('/more.mp3')]
  put('a', 1, two)
  put('b', 1, two)
  const page = next()
  put('a', 5, [mountReport('/other.mp3')])
  const own = published.one('a', published.epoch)
  if (own) reader.applyOne(own)
  expect(listeners()).toEqual({ a: 5, b: 0 })
  reader.apply(page)
  expect(listeners()).toEqual({ a: 5, b: 1 })
  expect(servers.get('a')?.report.mounts.map(({ mount }) => mount)).toEqual(['/other.mp3'])
  // and one whose mounts are others then
  put('a', 6, [mountReport('/live.mp3')])
  reader.apply(next())
  expect(servers.get('a')?.report).toMatchObject({ listeners: 6, mounts: [{ mount: '/live.mp3' }] })
})

test('a debit that was counted before the report that is known says nothing', () => {
  const { published, reader, servers, put, next } = started('a')
  const debit = next().change
  put('a', 5)
  const own = published.one('a', published.epoch)
  if (own) reader.applyOne(own)
  const late = { ...saying(next(), packDebit(1, serverOf('a', {}, { debit: 3 }))), change: debit }
  expect(reader.apply(late)).toBe(true)
  expect(servers.get('a')).toMatchObject({ debit: 0, report: { listeners: 5 } })
  // of a server that is not known: it has been removed
  expect(reader.apply(saying(next(), packDebit(9, serverOf('z', {}, { debit: 3 }))))).toBe(true)
  expect([...servers.keys()]).toEqual(['a'])
})

test('records that no publisher makes are an error that names them', () => {
  const { reader, next } = started('a')
  const mounts = ['/a', '/b'].map((name) => mountReport(name))
  const records: [Uint8Array<ArrayBuffer>, string][] = [
    [new ByteWriter().number(9).number(1).take(), 'a record of kind 9, expected one of 0, 1, 2, 3'],
    [packLoads(7, serverOf('z')), 'loads of server 7, expected what it is first'],
    [packLoads(1, serverOf('a', { mounts })), 'loads of 2 mounts of a, expected 1'],
  ]
  for (const [bytes, problem] of records) {
    reader.apply(next())
    expect(() => reader.apply(saying(next(), bytes))).toThrow(problem)
    expect(reader.version).toBeUndefined()
  }
})

test('a server that came and went between two readings is no news', () => {
  const { view, published, reader, servers, put, next } = started('a')
  put('b', 1)
  published.debited('b')
  view.remove('b')
  published.debited('never there')
  reader.apply(next())
  expect([...servers.keys()]).toEqual(['a'])
  // one that another reader has heard of
  put('c', 1)
  published.after(undefined, all)
  view.remove('c')
  reader.apply(next())
  expect([...servers.keys()]).toEqual(['a'])
})

test('one server is news only while it is there, and only to readers of this life', () => {
  const { published, view, put } = started('a')
  put('a', 7)
  expect(published.one('a', published.epoch)?.bytes.length).toBeGreaterThan(40)
  expect(published.one('a', 'another life')).toBeUndefined()
  expect(published.one('none', published.epoch)).toBeUndefined()
  view.remove('a')
  expect(published.one('a', published.epoch)).toBeUndefined()
})

test('one server without a debit reaches its reader', () => {
  const { published, reader, put, listeners } = started('a')
  put('a', 7)
  const own = published.one('a', published.epoch)
  if (own) reader.applyOne(own)
  expect(listeners()).toEqual({ a: 7 })
})

test('as many removed servers are remembered as the bound says, and none beyond it', () => {
  const { view, next } = started('a', 'b', 'c', 'd', 'e')
  for (const id of ['a', 'b', 'c']) view.remove(id)
  expect(next().after).toBeGreaterThan(0)
  view.remove('d')
  expect(next().after).toBe(0)
})

test('where a view has changed as a whole, all of its servers are news', () => {
  const { view, reader, servers, next } = started('a', 'b')
  for (const server of view.servers.values()) server.debit = 4
  view.onChange?.(undefined)
  reader.apply(next())
  expect([...servers.values()].map(({ debit }) => debit)).toEqual([4, 4])
})

test('names are news if those of one mount among several have changed, and a type is named once for mounts that follow each other', () => {
  const { put, next, reader } = started('a')
  const [one, two] = [mountReport('/one.mp3'), mountReport('/two.mp3')]
  const bytesOf = (...mounts: ReturnType<typeof mountReport>[]) => {
    put('a', 0, mounts)
    const news = next()
    reader.apply(news)
    return news.bytes.length
  }
  const first = bytesOf(one, two)
  expect(bytesOf(one, { ...two, listeners: 1 })).toBeLessThan(first / 2)
  expect(bytesOf(one, { ...two, max: 5 })).toBeGreaterThan(first - 5)
  const type = 'application/a-type-with-a-long-name'
  const typed = (path: string) => mountReport(path, { contentType: type })
  const oneTyped = bytesOf(typed('/one.mp3'))
  expect(bytesOf(typed('/one.mp3'), typed('/two.mp3')) - oneTyped).toBeLessThan(type.length)
})

import { describe, expect, test } from 'vitest'
import { edgeLimits } from '../../../edge/limits.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import type { Server } from '../../../shared/draw/server.ts'
import { View } from '../../../shared/draw/view.ts'
import { type News, PublishedServers, type Version } from '../../../shared/news/published-servers.ts'
import type { MountReport } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { readerOf, serversIn } from '../../kit/parts/news.ts'
import { mountReport, reportOf, seededRoll, serverOf } from '../../kit/parts/reports.ts'

const { newsBytesMax } = edgeLimits

/** All that a reader lacks, page by page. */
function pagesAfter(published: PublishedServers, have: Version | undefined, bytesMax: number): News[] {
  const pages = [published.after(have, bytesMax)]
  for (let last = pages[0]; last && !last.isLast; last = pages.at(-1))
    pages.push(published.after(last, bytesMax))
  return pages
}
const bytesOf = (pages: readonly News[]) => pages.reduce((sum, { bytes }) => sum + bytes.length, 0)
const idsIn = (pages: readonly News[]) => serversIn(pages).map(({ report }) => report.id)

describe('a published server', () => {
  const mounts = [
    mountReport('/a', { listeners: 3, joins: 2 ** 53 - 1, max: 7 }),
    mountReport('/b', { kbps: 0, contentType: 'audio/ogg; codecs=opus', about: { title: 'ü', peak: 4 } }),
  ]

  test('is read as it was', () => {
    const view = new View(100)
    const server = serverOf(
      'a',
      {
        mounts,
        boot: 'b',
        seq: 7,
        hlsListeners: 0,
        maxBandwidth: 1000,
        bandwidth: 2 ** 53 - 1,
        joins: 5,
        location: { latitude: -1.5, longitude: 180 },
        countries: { allow: false, codes: ['US'] },
      },
      {
        debit: 5,
        debitKbps: 640,
        receivedAtMs: 1.5,
        factor: 1.25,
        heldUntilMs: 1e12,
        reachable: false,
        unreached: { url: 'http://a.example.org:8000', problem: 'refused' },
        formerMounts: [[mountReport('/c').mount, 4]],
        location: { latitude: 50, longitude: 10 },
      },
    )
    view.put(server)
    view.put(serverOf('plain'))
    const published = new PublishedServers(view, 'life', 10)
    expect(serversIn([published.after(undefined, newsBytesMax)])).toEqual([server, serverOf('plain')])
  })

  test('brings its names only when they change', () => {
    const view = new View(100)
    const published = new PublishedServers(view, 'life', 10)
    const bytes: number[] = []
    let have: Version | undefined
    const put = (over: Partial<MountReport>, held: Partial<Server> = {}) => {
      view.put(serverOf('a', { mounts: [mountReport('/long-name.mp3', over)] }, held))
      const news = published.after(have, newsBytesMax)
      have = news
      bytes.push(news.bytes.length)
    }
    const about = { title: 'A', peak: 1 }
    put({})
    put({ listeners: 9, joins: 1, kbps: 64, about: undefined })
    put({ max: 8 })
    put({ max: 8, about })
    put({ max: 8, about: { ...about, peak: 2 } })
    put({ max: 8, about: { title: 'B', peak: 2 } })
    put({ max: 8, about: { title: 'B', peak: 2 }, contentType: 'audio/aac' })
    put({ max: 8, about: { title: 'B', peak: 2 }, contentType: 'audio/aac' }, { drained: true })
    expect(bytes.map((length) => (length > 40 ? 'all' : 'loads'))).toEqual([
      'all',
      'loads',
      'all',
      'all',
      'loads',
      'all',
      'all',
      'all',
    ])
  })

  test('keeps the reports of mounts whose loads did not change, so that a view does not look at them again', () => {
    const view = new View(100)
    const published = new PublishedServers(view, 'life', 10)
    const { reader, servers } = readerOf()
    view.put(serverOf('a', { mounts }))
    reader.apply(published.after(undefined, newsBytesMax))
    const [first, second] = servers.get('a')?.report.mounts ?? []
    view.put(serverOf('a', { mounts: mounts.map((each, i) => (i === 0 ? { ...each, listeners: 4 } : each)) }))
    reader.apply(published.after(reader.version, newsBytesMax))
    const now = servers.get('a')?.report.mounts
    expect(now?.at(0)).toEqual({ ...first, listeners: 4 })
    expect(now?.at(1)).toBe(second)
  })
})

describe('news', () => {
  test('have the servers that changed since, those that were removed, and no others', () => {
    const view = new View(100)
    const published = new PublishedServers(view, 'life', 10)
    for (const id of ['a', 'b', 'c']) view.put(serverOf(id))
    const { reader, servers } = readerOf()
    reader.apply(published.after(undefined, newsBytesMax))
    expect([...servers.keys()]).toEqual(['a', 'b', 'c'])
    view.put(serverOf('b', { listeners: 9 }))
    view.remove('c')
    const news = published.after(reader.version, newsBytesMax)
    expect(news.after).toBeGreaterThan(0)
    reader.apply(news)
    expect([...servers.values()].map(({ report }) => [report.id, report.listeners])).toEqual([
      ['a', 0],
      ['b', 9],
    ])
    expect(published.after(reader.version, newsBytesMax).bytes).toHaveLength(0)
  })

  test('begin again if more was removed than is remembered', () => {
    const view = new View(100)
    const published = new PublishedServers(view, 'life', 3)
    const { reader, servers } = readerOf()
    for (const id of ['a', 'b', 'c', 'd', 'e']) view.put(serverOf(id))
    reader.apply(published.after(undefined, newsBytesMax))
    for (const id of ['a', 'b', 'c', 'd']) view.remove(id)
    const news = published.after(reader.version, newsBytesMax)
    expect(news.after).toBe(0)
    reader.apply(news)
    expect([...servers.keys()]).toEqual(['e'])
  })

  test('have a debit without the loads, and none once the server has reported', () => {
    const view = new View(100)
    const published = new PublishedServers(view, 'life', 3)
    const { reader, servers } = readerOf()
    view.put(serverOf('a'))
    const first = published.after(undefined, newsBytesMax)
    reader.apply(first)
    Object.assign(view.servers.get('a') ?? {}, { debit: 3, debitKbps: 384 })
    published.debited('a')
    const news = published.after(reader.version, newsBytesMax)
    expect(news.bytes.length).toBeLessThan(8)
    reader.apply(news)
    expect(servers.get('a')).toMatchObject({ debit: 3, debitKbps: 384 })
    view.put(serverOf('a', { listeners: 3 }))
    reader.apply(published.after(reader.version, newsBytesMax))
    expect(published.after(undefined, newsBytesMax).bytes).toHaveLength(first.bytes.length)
    expect(servers.get('a')).toMatchObject({ debit: 0, debitKbps: 0 })
  })

  test('of one server keep a debit that it got after its report', () => {
    const view = new View(100)
    const server = serverOf('a')
    view.put(server)
    const published = new PublishedServers(view, 'life', 10)
    const { reader, servers } = readerOf()
    reader.apply(published.after(undefined, newsBytesMax))
    server.debit = 3
    published.debited('a')
    const own = published.one('a', published.epoch)
    if (own) reader.applyOne(own)
    expect(servers.get('a')?.debit).toBe(3)
    reader.apply(published.after(reader.version, newsBytesMax))
    expect(servers.get('a')?.debit).toBe(3)
  })

  test('of one server that come late neither bring it back once it was removed, nor undo what is newer', () => {
    const view = new View(100)
    const published = new PublishedServers(view, 'life', 10)
    const { reader, servers } = readerOf()
    for (const id of ['a', 'b']) view.put(serverOf(id, { listeners: 1 }))
    reader.apply(published.after(undefined, newsBytesMax))
    const late = ['a', 'b'].flatMap((id) => published.one(id, published.epoch) ?? [])
    view.remove('a')
    view.put(serverOf('b', { listeners: 2 }))
    reader.apply(published.after(reader.version, newsBytesMax))
    for (const own of late) reader.applyOne(own)
    expect([...servers.values()].map(({ report }) => [report.id, report.listeners])).toEqual([['b', 2]])
  })

  test('that cannot be read are an error, after which the reader asks for everything', () => {
    const view = new View(100)
    const published = new PublishedServers(view, 'life', 3)
    const { reader, servers } = readerOf()
    view.put(serverOf('a'))
    const news = published.after(undefined, newsBytesMax)
    expect(() => reader.apply({ ...news, bytes: news.bytes.subarray(0, -1) as typeof news.bytes })).toThrow()
    expect(reader.version).toBeUndefined()
    reader.apply(news)
    expect([...servers.keys()]).toEqual(['a'])
  })
})

describe('Workers at scale', () => {
  test('a change is packed once, however many isolates read it, and a refresh packs nothing', () => {
    const packsOf = (isolates: number) => {
      const view = new View(100)
      const published = new PublishedServers(view, 'life', 10)
      for (let i = 0; i < 50; i++) view.put(serverOf(`s${i}`))
      const versions: News[] = []
      for (let i = 0; i < isolates; i++) versions.push(published.after(undefined, newsBytesMax))
      const begun = published.packs
      for (let i = 0; i < 20; i++) view.put(serverOf(`s${i}`, { listeners: 1 }))
      for (const version of versions)
        expect(published.after(version, newsBytesMax).bytes.length).toBeGreaterThan(0)
      return [begun, published.packs - begun]
    }
    expect(packsOf(1)).toEqual([100, 20])
    expect(packsOf(100)).toEqual([100, 20])
  })

  test('10,000 servers with 10 mounts that report every 10 s are at most 300 kB of news in 2.5 s', () => {
    const view = new View(100)
    const published = new PublishedServers(view, 'life', 10)
    const [servers, changedIn2500Ms] = [250, 2500]
    const names = Array.from({ length: 10 }, (_, m) => mountReport(`/station-${m}/high.mp3`))
    const putAll = (round: number) => {
      for (let i = 0; i < servers; i++) {
        const mounts = names.map((each) => ({ ...each, listeners: 400 + round, joins: 300_000 + i }))
        const counts = {
          listeners: 4000 + i,
          maxBandwidth: 10_000_000,
          bandwidth: 512_000 + i,
          joins: 3_000_000 + i,
        }
        const said = { boot: '01JD0000000000000000000000', seq: 100_000 + round, ...counts, mounts }
        view.put(serverOf(`server-${i}`, said, { receivedAtMs: 1_700_000_000_000 + round }))
      }
    }
    putAll(0)
    const whole = published.after(undefined, newsBytesMax)
    putAll(1)
    const news = published.after(whole, newsBytesMax)
    expect(news.isLast).toBe(true)
    expect((news.bytes.length / servers) * changedIn2500Ms).toBeLessThan(300_000)
    expect(300_000).toBeLessThan(newsBytesMax)
  })

  test('a large cluster is read in pages of at most a MB', () => {
    const view = new View(100)
    const published = new PublishedServers(view, 'life', 10)
    const servers = 40
    const mounts = Array.from({ length: 1000 }, (_, m) => mountReport(`/station-${m}/high.mp3`))
    for (let i = 0; i < servers; i++) view.put(serverOf(`server-${i}`, { mounts }))
    const pages = pagesAfter(published, undefined, newsBytesMax)
    for (const { bytes } of pages) expect(bytes.length).toBeLessThanOrEqual(newsBytesMax)
    expect(pages.length).toBeLessThanOrEqual(Math.ceil(bytesOf(pages) / (newsBytesMax - 200_000)))
    expect(idsIn(pages)).toHaveLength(servers)
  })
})

/** A cluster of eight servers and three readers, and what happens to them by dice. */
class Played {
  readonly registry = new Registry(undefined, 100, 0)
  readonly readers = Array.from({ length: 3 }, () => ({ ...readerOf(), late: [] as News[] }))
  published = new PublishedServers(this.registry.view, 'life-0', 4)
  #roll: () => number
  #nowMs = 0
  #lives = 0

  constructor(seed: number) {
    this.#roll = seededRoll(seed)
  }

  /** In the order of their frequency, the most frequent first. */
  readonly #steps: readonly (() => void)[] = [
    () => this.#report(),
    () => this.#reader.late.push(this.published.after(this.#reader.reader.version, 1 + this.#upTo(400))),
    () => this.#readLate(),
    () => this.#readLate(),
    () => this.#reportToReader(),
    () => this.#redirect(),
    () => this.registry.setDrain(this.#id, this.#roll() < 0.5),
    () => this.registry.forget(this.#id),
    () => this.#pass(40_000),
    () => {
      this.published = new PublishedServers(this.registry.view, `life-${++this.#lives}`, 4)
    },
  ]

  step(): void {
    this.#pass(this.#upTo(1500))
    this.#steps[this.#upTo(1 + this.#upTo(this.#steps.length))]?.()
  }

  get #id(): string {
    return `s${this.#upTo(8)}`
  }
  get #reader() {
    const reader = this.readers[this.#upTo(3)]
    if (!reader) throw new Error('no reader')
    return reader
  }

  #upTo(n: number): number {
    return Math.floor(this.#roll() * n)
  }

  #pass(ms: number): void {
    this.#nowMs += ms
    this.registry.sweep(this.#nowMs)
  }

  #report(): string {
    const paths = ['/a', '/b', '/c', '/d'].filter(() => this.#roll() < 0.6)
    const sent = reportOf(this.#id, {
      interval: 1 + this.#upTo(20),
      state: this.#roll() < 0.1 ? 'leaving' : 'up',
      listeners: this.#upTo(5),
      mounts: paths.map((path) => mountReport(path, { listeners: this.#upTo(3) })),
    })
    this.registry.put(sent, printSourcelist(sent), this.#nowMs)
    return sent.id
  }

  #reportToReader(): void {
    const { reader } = this.#reader
    const id = this.#report()
    const own = reader.version && this.published.one(id, reader.version.epoch)
    if (own) reader.applyOne(own)
  }

  #redirect(): void {
    const server = this.registry.view.servers.get(this.#id)
    if (!server) return
    server.debit++
    this.published.debited(server.report.id)
  }

  #readLate(): void {
    const { reader, late } = this.#reader
    for (const page of late.splice(this.#upTo(2), 1 + this.#upTo(2))) readPage(reader, page)
  }
}

test('readers that read pages of any size at any time, also twice or late, know in the end what the cluster knows', () => {
  for (let seed = 0; seed < repetitions(200); seed++) {
    const played = new Played(seed)
    for (let step = 0; step < 150; step++) played.step()
    for (const { reader, servers, late } of played.readers) {
      for (const page of late) readPage(reader, page)
      for (const page of pagesAfter(played.published, reader.version, 300)) reader.apply(page)
      expect(sorted(servers), `seed ${seed}`).toEqual(sorted(played.registry.view.servers))
    }
  }
})

/** A page of an earlier life, or one between two others that did not come, may be unreadable: an isolate then starts again. */
function readPage(reader: ReturnType<typeof readerOf>['reader'], page: News): void {
  try {
    reader.apply(page)
  } catch {
    expect(reader.version).toBeUndefined()
  }
}

const sorted = (servers: ReadonlyMap<string, Server>) =>
  [...servers.values()].sort((a, b) => (a.report.id < b.report.id ? -1 : 1))

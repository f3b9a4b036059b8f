import { describe, expect, test } from 'vitest'
import { accept } from '../../../../shared/api/accept.ts'
import { Twins } from '../../../../shared/cluster/admission/takeover.ts'
import { Registry } from '../../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../../shared/cluster/server-table.ts'
import { decide } from '../../../../shared/draw/decide.ts'
import type { Report } from '../../../../shared/report/report.ts'
import { printSourcelist } from '../../../../shared/report/sourcelist.ts'
import { logged } from '../../../kit/base/log-records.ts'
import { memorySql } from '../../../kit/base/sqlite.ts'
import { openAccounts } from '../../../kit/parts/accounts.ts'
import { mountOf, reportOf } from '../../../kit/parts/reports.ts'

const own = 'http://a.example.org:8000'
const stranger = 'http://stranger.example'
const staleMs = 27_001

/** A decider that gets reports of the id `a` at given times. */
function decider() {
  const sql = memorySql()
  let registry = new Registry(new ServerTable(sql), 100, 0)
  return {
    send(nowMs: number, over: Partial<Report>) {
      const post = {
        sourcelist: printSourcelist(reportOf('a', over)),
        reporter: { kind: 'relay' } as const,
        remote: '203.0.113.7',
        edgeUrls: [],
      }
      return accept(registry, openAccounts, post, nowMs).status
    },
    textOf(nowMs: number, over: Partial<Report>) {
      const sourcelist = printSourcelist(reportOf('a', over))
      return accept(
        registry,
        openAccounts,
        { sourcelist, reporter: { kind: 'relay' }, remote: undefined, edgeUrls: [] },
        nowMs,
      ).text
    },
    goesTo(nowMs: number) {
      const asked = { mount: mountOf('/live.mp3'), secure: false, relay: false }
      const decision = decide(registry.view, asked, nowMs, () => 0, { httpsOnly: false })
      return typeof decision === 'string' ? decision : decision.url
    },
    restart(nowMs: number) {
      registry = new Registry(new ServerTable(sql), 100, nowMs)
    },
  }
}

describe('two programs with one id and one url', () => {
  const second: Partial<Report> = { boot: 'b2', seq: 1 }

  test.each([
    ['is stale', second, staleMs],
    ['has left', { ...second, seq: 2, state: 'leaving' }, 2000],
  ] as [string, Partial<Report>, number][])(
    'the first is back once the other %s, and goes on',
    (_, last, atMs) => {
      const { send } = decider()
      expect([send(0, { boot: 'b1', seq: 5 }), send(0, second), send(1000, { boot: 'b1', seq: 6 })]).toEqual([
        200, 200, 409,
      ])
      if (last !== second) expect(send(1500, last)).toBe(200)
      expect(send(atMs, { boot: 'b1', seq: 5 }), 'a report that was long on its way is not its return').toBe(
        409,
      )
      expect(send(atMs, { boot: 'b1', seq: 7 })).toBe(200)
      expect(send(atMs + 10_000, { boot: 'b1', seq: 8 })).toBe(200)
      expect(send(atMs + 10_000, { ...second, seq: 9 }), 'and the other is the former one then').toBe(409)
    },
  )

  test('the first is accepted again even after a restart of the decider, except for its older reports', () => {
    const { send, restart } = decider()
    send(0, { boot: 'b1', seq: 5 })
    send(0, second)
    restart(1000)
    expect(send(1000, { boot: 'b1', seq: 6 })).toBe(409)
    expect(send(staleMs, { boot: 'b1', seq: 5 })).toBe(409)
    expect(send(staleMs, { boot: 'b1', seq: 6 })).toBe(200)
  })

  test('both are told that there are two: the first by its 409, the second by a line of its reply, until the first is quiet', async () => {
    const { send, textOf } = decider()
    const first = (seq: number): Partial<Report> => ({ boot: 'b1', seq })
    const all = await logged(() => {
      send(0, first(5))
      send(0, { ...second, seq: 1 })
      expect(textOf(500, first(6))).toContain('was replaced by another, which is live')
      expect(textOf(1000, { ...second, seq: 2 }), 'one late report proves nothing').not.toContain('twin')
      expect(send(2000, first(7))).toBe(409)
      expect(send(9000, first(8))).toBe(409)
      expect(textOf(10_000, { ...second, seq: 3 })).toMatch(/\ntwin 203\.0\.113\.7\n$/)
    })
    const twice = all.filter(({ message }) => message.join('') === 'server id in use twice')
    expect(twice.map(({ level, properties }) => [level, properties.detail])).toEqual([
      ['warning', 'a program at 203.0.113.7 reports with it too'],
    ])
    for (let s = 20; s <= 80; s += 10) send(s * 1000, { ...second, seq: s })
    expect(textOf(80_000, { ...second, seq: 81 })).not.toContain('twin')
  })

  test('both changes are logged, with the boots and the address', async () => {
    const { send } = decider()
    const all = await logged(() => {
      send(0, { boot: 'b1', seq: 5 })
      send(0, second)
      send(1, { ...second, seq: 2 })
      send(staleMs + 1, { boot: 'b1', seq: 6 })
    })
    const records = all.filter(({ message }) => message.join('').includes('taken'))
    expect(records.map(({ level, properties }) => [level, properties.before, properties.boot])).toEqual([
      ['warning', 'b1', 'b2'],
      ['warning', 'b2', 'b1'],
    ])
    expect(records[0]?.properties).toMatchObject({ server: 'a', address: '203.0.113.7' })
  })
})

describe('a server that shares a password with a live one cannot take over its listeners', () => {
  const impostor: Partial<Report> = { boot: 'x', seq: 1, urls: [stranger, own] }

  test.each([
    ['with a boot of its own', impostor],
    ['without a boot', { urls: [stranger, own] }],
    ['by the other order', { ...impostor, urls: [own, stranger] }],
    ['with an older report', { ...impostor, boot: 'b0' }],
  ])('by its id, its url and another url, %s', (_, report) => {
    const { send, goesTo } = decider()
    send(0, { boot: 'b1', seq: 1 })
    expect(send(1000, report)).toBe(409)
    expect(goesTo(1000)).toBe(`${own}/live.mp3`)
    expect(send(2000, { boot: 'b1', seq: 2 })).toBe(200)
  })

  test('not in two steps either: first as its restart, then with another url', () => {
    const { send, goesTo } = decider()
    send(0, { boot: 'b1', seq: 1 })
    expect(send(1000, { boot: 'x', seq: 1 })).toBe(200)
    expect(send(2000, { boot: 'x', seq: 2, urls: [stranger, own] })).toBe(409)
    expect(goesTo(2000)).toBe(`${own}/live.mp3`)
  })

  test('and one that came while it was stale has its id only until it is stale itself', () => {
    const { send, goesTo } = decider()
    send(0, { boot: 'b1', seq: 1 })
    expect(send(staleMs, impostor)).toBe(200)
    expect(send(staleMs + 1000, { boot: 'b1', seq: 2 })).toBe(409)
    expect(send(2 * staleMs, { boot: 'b1', seq: 3 })).toBe(200)
    expect(goesTo(2 * staleMs)).toBe(`${own}/live.mp3`)
  })

  test('nor learn the boot of the server, which would allow to impersonate it, from the error', () => {
    const { send, textOf } = decider()
    const true1: Partial<Report> = { boot: 'only-ours-to-know', seq: 1 }
    send(0, true1)
    expect(send(1000, { boot: 'x', seq: 1 })).toBe(200)
    expect(send(1000 + staleMs, { ...true1, seq: 9 })).toBe(200)
    for (const refused of [
      { boot: 'x', seq: 2 },
      { boot: 'x', seq: 0 },
      { boot: 'x', seq: 3, urls: [stranger, own] },
      { boot: 'x', seq: 4, urls: [stranger] },
    ])
      expect(textOf(2000 + staleMs, refused)).not.toContain(true1.boot)
    expect(textOf(2000 + 3 * staleMs, { boot: 'x', seq: 1 })).not.toContain(true1.boot)
  })

  test('a server that never sends a boot may change its urls, as long as one stays', () => {
    const { send } = decider()
    const more = [own, 'https://a.example.org']
    send(0, { boot: undefined, seq: undefined })
    expect(send(1000, { boot: undefined, seq: undefined, urls: more })).toBe(200)
    expect(send(2000, { boot: undefined, seq: undefined, urls: [stranger] })).toBe(409)
    expect(send(3000, { boot: 'x', seq: 1, urls: [stranger, ...more] }), 'a boot is another program').toBe(
      409,
    )
  })

  test('nor by a report without a boot first, then another with one url more', () => {
    const { send, goesTo } = decider()
    send(0, { boot: 'b1', seq: 1 })
    expect(send(1000, { boot: undefined, seq: undefined })).toBe(200)
    expect(send(2000, { boot: undefined, seq: undefined, urls: [stranger, own] })).toBe(409)
    expect(goesTo(2000)).toBe(`${own}/live.mp3`)
  })

  test('the server itself may change its urls, and a restarted one may have fewer', () => {
    const { send } = decider()
    const both = [own, 'https://a.example.org']
    send(0, { boot: 'b1', seq: 1 })
    expect(send(1000, { boot: 'b1', seq: 2, urls: both })).toBe(200)
    expect(send(2000, { boot: 'b2', seq: 1, urls: both })).toBe(200)
    expect(send(3000, { boot: 'b3', seq: 1 })).toBe(200)
    expect(send(4000, { boot: 'b4', seq: 1, urls: both }), 'more only after its deadline').toBe(409)
    expect(send(3000 + staleMs, { boot: 'b4', seq: 2, urls: both })).toBe(200)
  })
})

test('a second report within a second of the first is late, and no proof of another program, at whatever time of day', () => {
  const nowMs = 1_700_000_000_000
  const twins = new Twins()
  expect(twins.note('a', '203.0.113.7', nowMs)).toEqual([])
  expect(twins.note('a', '203.0.113.7', nowMs + 999)).toEqual([])
  expect(twins.addressOf('a', nowMs + 999)).toBeUndefined()
  expect(twins.note('a', '203.0.113.7', nowMs + 1000)).toMatchObject([
    { kind: 'server id in use twice', server: 'a' },
  ])
  expect(twins.note('a', '203.0.113.7', nowMs + 2000), 'told once').toEqual([])
  expect([61_999, 62_000].map((ms) => twins.addressOf('a', nowMs + ms))).toEqual(['203.0.113.7', undefined])
})

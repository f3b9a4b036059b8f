import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { openStore } from '../../../edge/runtime/sqlite.ts'
import { openTable } from '../../../origin/listen/sqlite.ts'
import { accept } from '../../../shared/api/accept.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable, type Sql } from '../../../shared/cluster/server-table.ts'
import { sqlOf } from '../../../shared/cluster/sqlite.ts'
import { decide } from '../../../shared/draw/decide.ts'
import type { Report } from '../../../shared/report/report.ts'
import { printSourcelist } from '../../../shared/report/sourcelist.ts'
import { logged } from '../../kit/base/log-records.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { openAccounts } from '../../kit/parts/accounts.ts'
import { mountOf, mountReport, reportOf } from '../../kit/parts/reports.ts'
import { testFolder } from '../../kit/process/files.ts'

const send = (registry: Registry, report: Report, nowMs = 0) => {
  const reporter = { kind: 'relay' } as const
  const post = { sourcelist: printSourcelist(report), reporter, remote: undefined, edgeUrls: [] }
  return accept(registry, openAccounts, post, nowMs)
}
const goesTo = (registry: Registry, nowMs = 0) => {
  const asked = { mount: mountOf('/live.mp3'), secure: false, relay: false }
  const decision = decide(registry.view, asked, nowMs, () => 0, { httpsOnly: false })
  return typeof decision === 'string' ? decision : decision.server.report.id
}
const open = (sql: Sql, nowMs = 0) => new Registry(new ServerTable(sql), 100, nowMs)

/** A store in memory whose writes fail while `problem` is set. */
function failing() {
  const sql = memorySql()
  const state: { problem: string | undefined } = { problem: undefined }
  const demand = () => {
    if (state.problem !== undefined) throw new Error(state.problem)
  }
  const store: Sql = {
    all(query, ...params) {
      // to create a table that is there writes nothing
      if (!/^(?:SELECT|CREATE TABLE IF NOT EXISTS)/.test(query)) demand()
      return sql.all(query, ...params)
    },
    tx(fn) {
      demand()
      return sql.tx(fn)
    },
  }
  return { store, state }
}

describe('a store that cannot be written', () => {
  test.each([
    ['database or disk is full', 500],
    ['attempt to write a readonly database', 500],
    ['disk I/O error', 500],
    ['database is locked', 503],
  ])('(%s) has reports answered %i, and listeners drawn from what arrived', (problem, status) => {
    const { store, state } = failing()
    const registry = open(store)
    send(registry, reportOf('a', { boot: 'b', seq: 1 }))
    state.problem = problem
    for (let seq = 2; seq < 10; seq++) {
      const nowMs = seq * 10_000
      expect(send(registry, reportOf('a', { boot: 'b', seq }), nowMs)).toMatchObject({
        status,
        text: expect.stringContaining(problem),
      })
      expect(goesTo(registry, nowMs)).toBe('a')
      expect(() => registry.check(nowMs)).toThrow(problem)
    }
    expect(send(registry, reportOf('new'), 90_000).status, 'a new server too').toBe(status)
    expect(registry.view.servers.has('new')).toBe(true)
    state.problem = undefined
    expect(send(registry, reportOf('a', { boot: 'b', seq: 10 }), 100_000).status).toBe(200)
    expect(() => registry.check(100_000)).not.toThrow()
    expect(open(store, 100_000).view.servers.get('a')?.report.seq).toBe(10)
  })

  test('and has a damaged row does not stop a start: the other servers are there', async () => {
    const { store, state } = failing()
    const registry = open(store)
    for (const id of ['a', 'b']) send(registry, reportOf(id))
    store.all("UPDATE server SET sourcelist = 'nonsense' WHERE id = 'a'")
    state.problem = 'database or disk is full'
    let after: Registry | undefined
    const records = await logged(() => {
      after = open(store)
    })
    expect([...(after?.view.servers.keys() ?? [])]).toEqual(['b'])
    expect(records.map(({ message, properties }) => [message.join(''), properties.id])).toEqual([
      ['stored server set aside: cannot be parsed', 'a'],
      ['stored server left in its place: the store cannot be written', 'a'],
    ])
  })

  test('is noticed even without a report, by at most one write a second', () => {
    const { store, state } = failing()
    let writes = 0
    const registry = open({
      ...store,
      all(query, ...params) {
        if (!query.startsWith('SELECT')) writes++
        return store.all(query, ...params)
      },
    })
    writes = 0
    for (let nowMs = 0; nowMs < 5000; nowMs += 10) expect(() => registry.check(nowMs)).not.toThrow()
    expect(writes).toBe(5)
    state.problem = 'database or disk is full'
    expect(() => registry.check(5000)).toThrow('full')
    state.problem = undefined
    expect(() => registry.check(5000 + 60_000)).not.toThrow()
  })

  test('does not stop anything: servers that are long gone are still forgotten', () => {
    const { store, state } = failing()
    const registry = open(store)
    send(registry, reportOf('a'))
    state.problem = 'disk I/O error'
    expect(registry.prune(25 * 3_600_000)).toEqual(['a'])
  })

  test('is logged when it begins and when it ends, not at each report', async () => {
    const { store, state } = failing()
    const registry = open(store)
    send(registry, reportOf('a'))
    const records = await logged(() => {
      for (const problem of ['database or disk is full', undefined])
        for (let i = 0; i < 5; i++) {
          state.problem = problem
          send(registry, reportOf('a'), i)
        }
    })
    expect(records.map(({ level }) => level)).toEqual(['error', 'info'])
    expect(records[0]?.properties.why).toBe('database or disk is full')
  })
})

describe('a database in a file', () => {
  const atFile = (folder = testFolder()) => ({
    folder,
    file: `${folder}/edge.sqlite`,
    store: openStore(folder),
  })

  test('that another program has locked delays a report by some milliseconds only: 503, and 200 once it is free', () => {
    const { file, store } = atFile()
    const registry = new Registry(store.table, 100, 0)
    const other = new DatabaseSync(file)
    other.exec('BEGIN IMMEDIATE')
    expect(send(registry, reportOf('a'))).toMatchObject({ status: 503 })
    expect(goesTo(registry)).toBe('a')
    other.exec('ROLLBACK')
    expect(send(registry, reportOf('a')).status).toBe(200)
    const waits: string[] = []
    const spied = {
      exec: (query: string) => void waits.push(query),
      prepare: () => ({ all: () => [{ quick_check: 'ok' }] }),
    }
    sqlOf(spied).started?.()
    expect(waits.at(-1)).toBe('PRAGMA busy_timeout = 5')
    other.close()
    store.close()
  })

  test('that was deleted or replaced under the program is noticed at the next report', () => {
    for (const replace of [false, true]) {
      const { file, store } = atFile()
      const registry = new Registry(store.table, 100, 0)
      expect(send(registry, reportOf('a')).status).toBe(200)
      rmSync(file)
      if (replace) writeFileSync(file, '')
      expect(send(registry, reportOf('a'))).toMatchObject({
        status: 500,
        text: expect.stringContaining('its file was deleted or replaced'),
      })
      expect(() => registry.check(0)).toThrow('deleted')
      expect(goesTo(registry)).toBe('a')
      store.close()
    }
  })

  test('that is full rejects writes, and has its old data after a restart', () => {
    const { folder, file, store } = atFile()
    send(new Registry(store.table, 100, 0), reportOf('a'))
    store.close()
    const limited = new DatabaseSync(file)
    limited.exec('PRAGMA max_page_count = 1')
    const registry = open(sqlOf(limited))
    const mounts = Array.from({ length: 500 }, (_, i) => mountReport(`/m${i}`))
    expect(send(registry, reportOf('b', { mounts }))).toMatchObject({ status: 500 })
    expect(() => registry.check(0)).toThrow('full')
    limited.close()
    const again = openStore(folder)
    expect([...new Registry(again.table, 100, 0).view.servers.keys()]).toEqual(['a'])
    again.close()
  })

  test('that is damaged stops the start with its name and what to do', () => {
    const folder = testFolder()
    writeFileSync(`${folder}/edge.sqlite`, 'no database'.repeat(1000))
    writeFileSync(`${folder}/origin.sqlite`, 'no database'.repeat(1000))
    expect(() => openStore(folder)).toThrow(
      `DATA_DIR is "${folder}": ${folder}/edge.sqlite is damaged (file is not a database): restore a backup`,
    )
    expect(() => openTable(folder)).toThrow(
      `${folder}/origin.sqlite is damaged (file is not a database): restore a backup`,
    )
    const { file, store } = atFile()
    const registry = new Registry(store.table, 100, 0)
    for (let i = 0; i < 50; i++) send(registry, reportOf(`s${i}`))
    store.close()
    const bytes = readFileSync(file)
    writeFileSync(file, bytes.fill(0x55, 8192, 24_576))
    expect(() => openStore(file.replace('/edge.sqlite', ''))).toThrow(/edge\.sqlite is damaged \(/)
  })
})

describe('a row of the store that cannot be read', () => {
  test.each([
    ['its report is malformed', "UPDATE server SET sourcelist = 'x' WHERE id = 'a'"],
    ['its report is of another server', "UPDATE server SET id = 'z' WHERE id = 'a'"],
    ['its boots are not JSON', "UPDATE server SET former_boots = '[' WHERE id = 'a'"],
    ['its mounts are of another shape', "UPDATE server SET former_mounts = '[1]' WHERE id = 'a'"],
    ['its time is not a number', "UPDATE server SET at = 'yesterday' WHERE id = 'a'"],
    ['its location is a text', "UPDATE server SET place = 'here' WHERE id = 'a'"],
  ])('(%s) is set aside and named in the log, and the start goes on', async (_, change) => {
    const sql = memorySql()
    const before = open(sql)
    for (const id of ['a', 'b']) send(before, reportOf(id))
    sql.all(change)
    let after: Registry | undefined
    const records = await logged(() => {
      after = open(sql)
    })
    expect([...(after?.view.servers.keys() ?? [])]).toEqual(['b'])
    expect(records).toHaveLength(1)
    expect(records[0]).toMatchObject({ level: 'error', properties: { id: expect.stringMatching(/^[az]$/) } })
    expect(sql.all('SELECT id FROM server')).toHaveLength(1)
    expect(sql.all('SELECT id FROM set_aside')).toHaveLength(1)
    expect(await logged(() => open(sql)), 'once').toEqual([])
  })

  test('of a server to poll is logged too, and stays', async () => {
    const sql = memorySql()
    open(sql)
    sql.all("INSERT INTO polled VALUES ('p', '{')")
    const records = await logged(() => open(sql))
    expect(records).toMatchObject([{ level: 'error', properties: { why: expect.stringContaining('JSON') } }])
  })
})

test('minutes written by a clock 400 days ahead do not hide later ones', () => {
  const sql = memorySql()
  const ahead = 400 * 86_400_000
  const day = (registry: Registry, fromMs: number) => {
    for (let i = 0; i < 3; i++) send(registry, reportOf('a'), fromMs + i * 60_000)
  }
  day(open(sql), 0)
  day(open(sql, ahead), ahead)
  const now = 600_000
  const registry = open(sql, now)
  day(registry, now)
  const minutes = (nowMs: number) =>
    [...registry.history.minutes('all', 0, nowMs / 60_000 + 1, nowMs)].flat().map(({ bucket }) => bucket)
  expect(minutes(now + 120_500)).toEqual([0, 1, 10, 11, 12])
})

test('a database of the previous version can be read: its boots had no seq', () => {
  const sql = memorySql()
  const before = open(sql)
  send(before, reportOf('a', { boot: 'b2', seq: 1 }))
  sql.all(`UPDATE server SET former_boots = '["b1"]'`)
  const after = open(sql)
  expect(send(after, reportOf('a', { boot: 'b1', seq: 9 })).status).toBe(409)
  expect(send(after, reportOf('a', { boot: 'b1', seq: 9 }), 27_001).status).toBe(200)
})

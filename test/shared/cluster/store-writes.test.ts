import { DatabaseSync } from 'node:sqlite'
import { describe, expect, test } from 'vitest'
import { sqlOf } from '../../../shared/cluster/sqlite.ts'
import {
  asking,
  StoreError,
  startProblem,
  storeAnswer,
  storeErrorOf,
} from '../../../shared/cluster/store-error.ts'
import { StoreWrites } from '../../../shared/cluster/store-writes.ts'
import { logged } from '../../kit/base/log-records.ts'

const failing = (message: string) => () => {
  throw new Error(message)
}

describe('an error of the store', () => {
  test.for([
    ['database is locked', 'locked', 503],
    ['SQLITE: the database is busy', 'locked', 503],
    ['a blocked disk', 'failed', 500],
    ['file is not a database', 'damaged', 500],
    ['database disk image is malformed', 'damaged', 500],
    ['index is corrupt', 'damaged', 500],
    ['database or disk is full', 'failed', 500],
  ] as const)('"%s" is %s, and answered with %i', ([message, trouble, status]) => {
    const error = storeErrorOf(new Error(message))
    expect([error.trouble, error.message]).toEqual([trouble, message])
    expect(storeAnswer(error)).toMatchObject({ status, text: expect.stringContaining(message) })
    expect(() => asking(failing(message))).toThrow(StoreError)
  })

  test('stays as it is, and what is asked for is returned', () => {
    const away = new StoreError('away', 'no object')
    expect(storeErrorOf(away)).toBe(away)
    expect(storeAnswer(away).status).toBe(503)
    expect(asking(() => 7)).toBe(7)
  })

  test('at the start says what to do', () => {
    const said = (['damaged', 'locked', 'failed'] as const).map((trouble) =>
      startProblem('/data/edge.db', new StoreError(trouble, 'why')),
    )
    expect(said[0]).toMatch(/^\/data\/edge\.db is damaged \(why\): restore a backup/)
    expect(said[1]).toMatch(/^\/data\/edge\.db is locked by another program \(why\)/)
    expect(said[2]).toMatch(/^\/data\/edge\.db cannot be opened \(why\)/)
  })
})

describe('writes to the store', () => {
  test('that fail and work again are each one line of the log', async () => {
    const writes = new StoreWrites()
    const records = await logged(() => {
      expect(writes.try(0, () => {})).toBeUndefined()
      for (const nowMs of [1, 2]) expect(writes.try(nowMs, failing('disk is full'))?.trouble).toBe('failed')
      for (const nowMs of [3, 4]) expect(writes.try(nowMs, () => {})).toBeUndefined()
    })
    expect(records.map(({ level, message }) => `${level} ${message.join('')}`)).toEqual([
      'error store writes fail',
      'info store writes work again',
    ])
  })

  test('are tried for a health check once a second', () => {
    const writes = new StoreWrites()
    const tried = [0, 999, 1000, 1001].filter((nowMs) => {
      let isTried = false
      writes.check(nowMs, () => {
        isTried = true
      })
      return isTried
    })
    expect(tried).toEqual([0, 1000])
  })

  test('are said to fail for a minute after a report could not be stored, though a few bytes fit', () => {
    const writes = new StoreWrites()
    for (const atMs of [0, 1_700_000_000_000]) {
      writes.try(atMs, failing('disk is full'))
      expect(() => writes.check(atMs + 59_999, () => {})).toThrow('disk is full')
      expect(() => writes.check(atMs + 60_000, () => {})).not.toThrow()
    }
    const laterMs = 1_700_000_100_000
    writes.try(laterMs, failing('database is locked'))
    expect(() => writes.check(laterMs, () => {}), 'a lock is over sooner').not.toThrow()
    expect(() => writes.check(laterMs + 100_000, failing('disk is full'))).toThrow('disk is full')
  })
})

describe('SQLite', () => {
  const count = (sql: ReturnType<typeof sqlOf>) => sql.all<{ n: number }>('SELECT count(*) AS n FROM t')[0]?.n

  test('keeps all of a transaction or nothing, and its errors are those of a store', () => {
    const sql = sqlOf(new DatabaseSync(':memory:'))
    sql.all('CREATE TABLE t (a INTEGER PRIMARY KEY)')
    expect(sql.tx(() => sql.all('INSERT INTO t VALUES (?) RETURNING a', 1))).toEqual([{ a: 1 }])
    const both = () =>
      sql.tx(() => {
        sql.all('INSERT INTO t VALUES (2)')
        sql.all('INSERT INTO t VALUES (1)')
      })
    expect(both).toThrow(StoreError)
    expect(count(sql)).toBe(1)
    sql.started?.()
    expect(sql.all('PRAGMA busy_timeout')).toEqual([{ timeout: 5 }])
  })

  test('is not used once its file is gone, since writes would succeed unnoticed', () => {
    let isThere = true
    const sql = sqlOf(new DatabaseSync(':memory:'), () => isThere)
    expect(sql.all('SELECT 1 AS a')).toEqual([{ a: 1 }])
    isThere = false
    expect(() => sql.all('SELECT 1')).toThrow('its file was deleted or replaced')
    expect(() => sql.tx(() => 1)).toThrow(expect.objectContaining({ name: 'StoreError', trouble: 'failed' }))
  })

  /** A database that answers the check at the start so, and fails at some statements. */
  const made = (check: string, fails: RegExp) => {
    const run: string[] = []
    const database = {
      exec(query: string) {
        run.push(query)
        if (fails.test(query)) throw new Error(`no ${query}`)
      },
      prepare(query: string) {
        run.push(`prepare ${query}`)
        return { all: () => [{ quick_check: check }] }
      },
    }
    return { run, database }
  }

  test('that is damaged does not start, one that cannot roll back tells the first error, and each query is prepared once', () => {
    expect(() => sqlOf(made('row 3 missing', /never/).database)).toThrow(
      expect.objectContaining({ trouble: 'damaged', message: 'row 3 missing' }),
    )
    const { run, database } = made('ok', /ROLLBACK/)
    const sql = sqlOf(database)
    expect(() => sql.tx(failing('disk is full'))).toThrow('disk is full')
    expect(run.slice(-2)).toEqual(['BEGIN IMMEDIATE', 'ROLLBACK'])
    for (let i = 0; i < 3; i++) sql.all('SELECT 1')
    expect(run.filter((each) => each === 'prepare SELECT 1')).toHaveLength(1)
    sql.tx(() => 1)
    expect(run.slice(-2)).toEqual(['BEGIN IMMEDIATE', 'COMMIT'])
  })
})

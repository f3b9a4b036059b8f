import type { Sql } from './server-table.ts'
import { asking, StoreError } from './store-error.ts'

type Param = string | number | null

/** What of `node:sqlite`'s DatabaseSync is used; Node, Bun and Deno all have it. */
interface Database {
  exec(query: string): void
  prepare(query: string): { all(...params: Param[]): unknown[] }
}

/** ms to wait for another program that holds the database, at the start: it may be at a backup */
const lockedAtStartMs = 5000
/** … and while listeners wait for this thread: a decider's redirects, a master's sound */
const lockedMs = 5

/**
 * An open database as {@link Sql}, each statement prepared once. With the write-ahead log and synchronous NORMAL a
 * killed process loses nothing that was written, and a report costs no wait for the disk; a power cut may lose the
 * newest, never the file. What goes wrong is a `StoreError`.
 * @param isThere whether the file that was opened is still where it was; one that was deleted would go on taking everything
 */
export function sqlOf(database: Database, isThere: () => boolean = () => true): Sql {
  asking(() => {
    database.exec(`PRAGMA busy_timeout = ${lockedAtStartMs}`)
    const [check] = database.prepare('PRAGMA quick_check(1)').all() as { quick_check: string }[]
    if (check?.quick_check !== 'ok') throw new StoreError('damaged', String(check?.quick_check))
    database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  })
  const statements = new Map<string, ReturnType<Database['prepare']>>()
  const prepare = (query: string) => {
    const statement = statements.get(query) ?? database.prepare(query)
    statements.set(query, statement)
    return statement
  }
  const demandFile = () => {
    if (!isThere())
      throw new StoreError('failed', 'its file was deleted or replaced; a restart opens or makes it anew')
  }
  return {
    all: <T>(query: string, ...params: Param[]) =>
      asking(() => {
        demandFile()
        return prepare(query).all(...params) as T[]
      }),
    tx: (fn) =>
      asking(() => {
        demandFile()
        database.exec('BEGIN IMMEDIATE')
        try {
          const result = fn()
          database.exec('COMMIT')
          return result
        } catch (error) {
          rollBack(database)
          throw error
        }
      }),
    started: () => database.exec(`PRAGMA busy_timeout = ${lockedMs}`),
  }
}

/** A full disk may have ended the transaction by itself. */
function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK')
  } catch {}
}

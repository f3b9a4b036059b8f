import type { Sql } from '../sql.ts'
import { asking, StoreError } from './store-error.ts'

type Param = string | number | null

/** The part of `node:sqlite`'s DatabaseSync that is used; Node, Bun and Deno all have it. */
interface Database {
  exec(query: string): void
  prepare(query: string): { all(...params: Param[]): unknown[] }
}

/** ms to wait at the start for another program that has locked the database, such as a backup */
const lockedAtStartMs = 5000
/** … and later, while this thread serves listeners: a decider's redirects, a master's audio */
const lockedMs = 5

/**
 * An open database as {@link Sql}, each statement prepared once. With the write-ahead log and synchronous NORMAL, a killed
 * process loses nothing that was written, and a report does not wait for the disk; a power cut may lose the newest writes,
 * never the file. All errors are a `StoreError`.
 * @param isThere whether the opened file still exists at its path; writes to a deleted file would succeed unnoticed
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
      throw new StoreError(
        'failed',
        'its file was deleted or replaced; restart the program to open or create it',
      )
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

/** Rolls back; on a full disk SQLite may already have done so. */
function rollBack(database: Database): void {
  try {
    database.exec('ROLLBACK')
  } catch {}
}

import type { Sql } from './server-table.ts'

type Param = string | number | null

/** What of `node:sqlite`'s DatabaseSync is used; Node, Bun and Deno all have it. */
interface Database {
  exec(query: string): void
  prepare(query: string): { all(...params: Param[]): unknown[] }
}

/**
 * An open database as {@link Sql}, each statement prepared once. With the write-ahead log and synchronous NORMAL a
 * killed process loses nothing that was written, and a report costs no wait for the disk; a power cut may lose the
 * newest, never the file.
 */
export function sqlOf(database: Database): Sql {
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000')
  const statements = new Map<string, ReturnType<Database['prepare']>>()
  const prepare = (query: string) => {
    const statement = statements.get(query) ?? database.prepare(query)
    statements.set(query, statement)
    return statement
  }
  return {
    all: <T>(query: string, ...params: Param[]) => prepare(query).all(...params) as T[],
    tx(fn) {
      database.exec('BEGIN IMMEDIATE')
      try {
        const result = fn()
        database.exec('COMMIT')
        return result
      } catch (error) {
        database.exec('ROLLBACK')
        throw error
      }
    },
  }
}

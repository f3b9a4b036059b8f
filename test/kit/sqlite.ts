import { DatabaseSync } from 'node:sqlite'
import type { Sql } from '../../shared/server-table.ts'

/** SQLite in memory, as the programs open it on a file; what is closed and opened again is empty. */
export function memorySql(): Sql {
  const db = new DatabaseSync(':memory:')
  return {
    all: <T>(query: string, ...params: (string | number | null)[]) => db.prepare(query).all(...params) as T[],
    tx: (fn) => {
      db.exec('BEGIN IMMEDIATE')
      try {
        const result = fn()
        db.exec('COMMIT')
        return result
      } catch (error) {
        db.exec('ROLLBACK')
        throw error
      }
    },
  }
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Sql } from '../shared/server-table.ts'

/** Opens the database in a folder, which is made where it is missing. Every statement is on disk when it returns. */
export function openSqlite(dataDir: string): Sql {
  mkdirSync(dataDir, { recursive: true })
  const database = new DatabaseSync(join(dataDir, 'origin.sqlite'))
  return {
    all: <T>(query: string, ...params: (string | number | null)[]) =>
      database.prepare(query).all(...params) as T[],
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

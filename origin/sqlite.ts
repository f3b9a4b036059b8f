import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Sql } from '../shared/server-table.ts'
import { sqlOf } from '../shared/sqlite.ts'

/** Opens the database in a folder, which is made where it is missing. */
export function openSqlite(dataDir: string): Sql {
  mkdirSync(dataDir, { recursive: true })
  return sqlOf(new DatabaseSync(join(dataDir, 'origin.sqlite')))
}

import { DatabaseSync } from 'node:sqlite'
import type { Sql } from '../../shared/server-table.ts'
import { sqlOf } from '../../shared/sqlite.ts'

/** SQLite in memory, as the programs open it on a file; what is closed and opened again is empty. */
export const memorySql = (): Sql => sqlOf(new DatabaseSync(':memory:'))

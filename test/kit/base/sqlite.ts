import { DatabaseSync } from 'node:sqlite'
import type { Sql } from '../../../shared/cluster/server-table.ts'
import { sqlOf } from '../../../shared/cluster/sqlite.ts'

/** SQLite in memory, as the programs open it on a file; what is closed and opened again is empty. */
export const memorySql = (): Sql => sqlOf(new DatabaseSync(':memory:'))

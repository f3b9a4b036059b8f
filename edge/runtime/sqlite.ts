import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Sql } from '../../shared/server-table.ts'
import { sqlOf } from '../../shared/sqlite.ts'

/** The embedded database of Node, Bun and Deno, which all three have under this name. */
export interface Database extends Sql {
  close(): void
}

/** Opens `edge.sqlite` in a directory, which is made where it is missing, or a database in memory for `:memory:`. */
export function openDatabase(dataDir: string): Database {
  if (dataDir !== ':memory:') mkdirSync(dataDir, { recursive: true })
  const database = new DatabaseSync(dataDir === ':memory:' ? dataDir : join(dataDir, 'edge.sqlite'))
  return { ...sqlOf(database), close: () => database.close() }
}

import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import type { Sql } from '../../shared/server-table.ts'
import { sqlOf } from '../../shared/sqlite.ts'

/** The embedded database of Node, Bun and Deno, which all three have under this name. */
export interface Database extends Sql {
  close(): void
}

/** Opens `edge.sqlite` in a directory, which is made where it is missing, or a database in memory for `:memory:`. */
export function openDatabase(dataDir: string): Database {
  if (dataDir !== ':memory:') makeFolder(resolve(dataDir))
  const database = new DatabaseSync(dataDir === ':memory:' ? dataDir : join(dataDir, 'edge.sqlite'))
  return { ...sqlOf(database), close: () => database.close() }
}

/** Makes a folder and those above it that are missing; under /proc, Node's own `recursive` would try for ever. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ServerTable } from '../../shared/cluster/server-table.ts'
import { sqlOf } from '../../shared/cluster/sqlite.ts'
import { startProblem, storeErrorOf } from '../../shared/cluster/store-error.ts'

/** What the embedded database of Node, Bun and Deno, which all three have under this name, holds. */
export interface Store {
  table: ServerTable
  close(): void
}

/**
 * Opens `edge.sqlite` in a directory, which is made where it is missing, or a database in memory for `:memory:`.
 * Throws an error that says which file cannot be used, why, and what may be done.
 */
export function openStore(dataDir: string): Store {
  if (dataDir === ':memory:') return tableIn(new DatabaseSync(dataDir), () => true)
  makeFolder(resolve(dataDir))
  const file = join(dataDir, 'edge.sqlite')
  try {
    const database = new DatabaseSync(file)
    return tableIn(database, whetherThere(file))
  } catch (error) {
    throw new Error(startProblem(file, storeErrorOf(error)))
  }
}

const tableIn = (database: DatabaseSync, isThere: () => boolean): Store => ({
  table: new ServerTable(sqlOf(database, isThere)),
  close: () => database.close(),
})

/** Whether a file is still the one that it is now. */
function whetherThere(file: string): () => boolean {
  const { dev, ino } = statSync(file)
  return () => {
    const now = statSync(file, { throwIfNoEntry: false })
    return now?.ino === ino && now.dev === dev
  }
}

/** Makes a folder and those above it that are missing; under /proc, Node's own `recursive` would try for ever. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

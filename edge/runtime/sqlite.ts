import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ServerTable } from '../../shared/cluster/server-table.ts'
import { sqlOf } from '../../shared/cluster/sqlite.ts'
import { startProblem, storeErrorOf } from '../../shared/cluster/store-error.ts'
import { EdgeConfigError } from '../config.ts'

/** The edge's store, in the embedded database that Node, Bun and Deno all have under this name. */
export interface Store {
  table: ServerTable
  close(): void
}

/**
 * Opens `edge.sqlite` in a directory, which is created if missing, or a database in memory for `:memory:`.
 * @throws an error that names the file that cannot be used, the reason, and what to do
 */
export function openStore(dataDir: string): Store {
  if (dataDir === ':memory:') return tableIn(new DatabaseSync(dataDir), () => true)
  makeFolder(resolve(dataDir))
  const file = join(dataDir, 'edge.sqlite')
  try {
    const database = new DatabaseSync(file)
    return tableIn(database, whetherThere(file))
  } catch (error) {
    throw new EdgeConfigError(`DATA_DIR is "${dataDir}": ${startProblem(file, storeErrorOf(error))}`)
  }
}

const tableIn = (database: DatabaseSync, isThere: () => boolean): Store => ({
  table: new ServerTable(sqlOf(database, isThere)),
  close: () => database.close(),
})

/** Returns a function that tells whether a file is still the same one as now. */
function whetherThere(file: string): () => boolean {
  const { dev, ino } = statSync(file)
  return () => {
    const now = statSync(file, { throwIfNoEntry: false })
    return now?.ino === ino && now.dev === dev
  }
}

/** Creates a folder and its missing parents; under /proc, Node's own `recursive` would try forever. */
function makeFolder(path: string): void {
  if (existsSync(path)) return
  makeFolder(dirname(path))
  mkdirSync(path)
}

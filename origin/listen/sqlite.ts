import { mkdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { ServerTable } from '../../shared/cluster/server-table.ts'
import { sqlOf } from '../../shared/cluster/sqlite.ts'
import { startProblem, storeErrorOf } from '../../shared/cluster/store-error.ts'
import { ConfigError } from '../config/error.ts'

/**
 * Opens the table in a folder's database; both are created if missing. Throws an error that says which file cannot be
 * used, why, and what to do.
 */
export function openTable(dataDir: string): ServerTable {
  mkdirSync(dataDir, { recursive: true })
  const file = join(dataDir, 'origin.sqlite')
  try {
    const database = new DatabaseSync(file)
    const { dev, ino } = statSync(file)
    const isThere = () => {
      const now = statSync(file, { throwIfNoEntry: false })
      return now?.ino === ino && now.dev === dev
    }
    return new ServerTable(sqlOf(database, isThere))
  } catch (error) {
    throw new ConfigError(`data-dir is "${dataDir}": ${startProblem(file, storeErrorOf(error))}`)
  }
}

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync, type StatementSync } from 'node:sqlite'
import type { Sql } from '../../shared/server-table.ts'

/** The embedded database of Node, Bun and Deno, which all three have under this name. */
export interface Database extends Sql {
  close(): void
}

/**
 * Opens `edge.sqlite` in a directory, which is made where it is missing, or a database in memory for `:memory:`.
 * With the write-ahead log and synchronous NORMAL a killed process loses nothing that was written, and a report
 * costs no wait for the disk; a power cut may lose the newest, never the file.
 */
export function openDatabase(dataDir: string): Database {
  if (dataDir !== ':memory:') mkdirSync(dataDir, { recursive: true })
  const database = new DatabaseSync(dataDir === ':memory:' ? dataDir : join(dataDir, 'edge.sqlite'))
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = 2000')
  const statements = new Map<string, StatementSync>()
  const prepare = (query: string) => {
    const statement = statements.get(query) ?? database.prepare(query)
    statements.set(query, statement)
    return statement
  }
  return {
    all: <T>(query: string, ...params: (string | number | null)[]) => prepare(query).all(...params) as T[],
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
    close() {
      statements.clear()
      database.close()
    },
  }
}

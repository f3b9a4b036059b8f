import type { FormerBoot } from './former.ts'
import type { Mount } from './mount.ts'
import type { Place } from './proximity.ts'

/** The SQL that a Durable Object and `node:sqlite` have in common: both are synchronous. */
export interface Sql {
  all<T>(query: string, ...params: (string | number | null)[]): T[]
  /** Runs `fn` as one transaction: all of it is kept, or nothing. */
  tx<T>(fn: () => T): T
}

/** One row a server: its report as it was posted, so that reading it back is the same strict parser. */
export interface ServerRow {
  id: string
  receivedAtMs: number
  sourcelist: string
  carriesAll: boolean
  formerBoots: readonly FormerBoot[]
  formerMounts: readonly (readonly [Mount, number])[]
  polled: boolean
  /** of the address that it reported from */
  place: Place | undefined
}

/** Listeners and redirects of a minute, for plots. `minute` counts from 1970. */
export interface HistoryRow {
  minute: number
  listeners: number
  servers: number
  redirects: number
}

/** minutes of history kept: a day */
export const historyMinutesMax = 1440

const migrations: readonly string[] = [
  `CREATE TABLE server (id TEXT PRIMARY KEY, at INTEGER NOT NULL, sourcelist TEXT NOT NULL, carries_all INTEGER NOT NULL,
   former_boots TEXT NOT NULL, former_mounts TEXT NOT NULL) WITHOUT ROWID`,
  'CREATE TABLE drain (id TEXT PRIMARY KEY) WITHOUT ROWID',
  `CREATE TABLE history (minute INTEGER PRIMARY KEY, listeners INTEGER NOT NULL, servers INTEGER NOT NULL,
   redirects INTEGER NOT NULL)`,
  'ALTER TABLE server ADD COLUMN polled INTEGER NOT NULL DEFAULT 0',
  'CREATE TABLE polled (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID',
  'ALTER TABLE server ADD COLUMN place TEXT',
]

/** Before 0.2 a boot stood alone, without the newest `seq` of it. */
const formerBootIn = (stored: string | FormerBoot): FormerBoot =>
  typeof stored === 'string' ? { boot: stored, seq: 0 } : stored

/** What a decider keeps durably: servers, drains, those that it polls, history. One class for SQLite on every runtime. */
export class ServerTable {
  #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    sql.tx(() => {
      // a Durable Object refuses PRAGMA user_version
      sql.all('CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v INTEGER NOT NULL) WITHOUT ROWID')
      const at = sql.all<{ v: number }>("SELECT v FROM meta WHERE k = 'schema'")[0]?.v ?? 0
      for (const ddl of migrations.slice(at)) sql.all(ddl)
      if (at < migrations.length)
        sql.all("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", migrations.length)
    })
  }

  /** Throws where the database cannot be read. */
  check(): void {
    this.#sql.all('SELECT v FROM meta')
  }

  servers(): ServerRow[] {
    interface Raw {
      id: string
      at: number
      sourcelist: string
      carries_all: number
      former_boots: string
      former_mounts: string
      polled: number
      place: string | null
    }
    return this.#sql.all<Raw>('SELECT * FROM server ORDER BY id').map((row) => ({
      id: row.id,
      receivedAtMs: row.at,
      sourcelist: row.sourcelist,
      carriesAll: row.carries_all === 1,
      formerBoots: (JSON.parse(row.former_boots) as (string | FormerBoot)[]).map(formerBootIn),
      formerMounts: JSON.parse(row.former_mounts) as [Mount, number][],
      polled: row.polled === 1,
      place: row.place === null ? undefined : (JSON.parse(row.place) as Place),
    }))
  }

  put(row: ServerRow): void {
    this.#sql.all(
      'INSERT OR REPLACE INTO server (id, at, sourcelist, carries_all, former_boots, former_mounts, polled, place) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      row.id,
      Math.round(row.receivedAtMs),
      row.sourcelist,
      row.carriesAll ? 1 : 0,
      JSON.stringify(row.formerBoots),
      JSON.stringify(row.formerMounts),
      row.polled ? 1 : 0,
      row.place ? JSON.stringify(row.place) : null,
    )
  }

  remove(id: string): void {
    this.#sql.all('DELETE FROM server WHERE id = ?', id)
  }

  drains(): string[] {
    return this.#sql.all<{ id: string }>('SELECT id FROM drain').map(({ id }) => id)
  }

  setDrain(id: string, drained: boolean): void {
    if (drained) this.#sql.all('INSERT OR IGNORE INTO drain (id) VALUES (?)', id)
    else this.#sql.all('DELETE FROM drain WHERE id = ?', id)
  }

  /** The servers to poll, as they were named. */
  polled(): string[] {
    return this.#sql.all<{ body: string }>('SELECT body FROM polled ORDER BY id').map(({ body }) => body)
  }

  putPolled(id: string, body: string): void {
    this.#sql.all('INSERT OR REPLACE INTO polled (id, body) VALUES (?, ?)', id, body)
  }

  removePolled(id: string): void {
    this.#sql.all('DELETE FROM polled WHERE id = ?', id)
  }

  /** Writes the bucket of a minute and drops those older than {@link historyMinutesMax}. */
  putHistory(row: HistoryRow): void {
    this.#sql.tx(() => {
      this.#sql.all(
        'INSERT OR REPLACE INTO history (minute, listeners, servers, redirects) VALUES (?, ?, ?, ?)',
        row.minute,
        row.listeners,
        row.servers,
        row.redirects,
      )
      this.#sql.all('DELETE FROM history WHERE minute <= ?', row.minute - historyMinutesMax)
    })
  }

  history(): HistoryRow[] {
    return this.#sql.all<HistoryRow>(
      'SELECT minute, listeners, servers, redirects FROM history ORDER BY minute',
    )
  }
}

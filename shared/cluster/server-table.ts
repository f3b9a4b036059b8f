import { getLogger } from '@logtape/logtape'
import * as v from 'valibot'
import type { GeoLocation } from '../geo.ts'
import { historyTables, SqlHistory } from '../history/sql-store.ts'
import { limits } from '../limits.ts'
import { messageOf } from '../message-of.ts'
import type { Mount } from '../mount.ts'
import type { Sql } from '../sql.ts'
import type { FormerBoot } from './admission/report-order.ts'
import { type ClusterEvent, eventKinds } from './watch/event.ts'

/** The row of a server. It holds the report as posted, so the same strict parser reads it back. */
export interface ServerRow {
  id: string
  receivedAtMs: number
  sourcelist: string
  carriesAll: boolean
  formerBoots: readonly FormerBoot[]
  formerMounts: readonly (readonly [Mount, number])[]
  polled: boolean
  /** of the address that it reported from */
  location: GeoLocation | undefined
}

export type { Sql } from '../sql.ts'

const migrations: readonly string[] = [
  `CREATE TABLE server (id TEXT PRIMARY KEY, at INTEGER NOT NULL, sourcelist TEXT NOT NULL, carries_all INTEGER NOT NULL,
   former_boots TEXT NOT NULL, former_mounts TEXT NOT NULL) WITHOUT ROWID`,
  'CREATE TABLE drain (id TEXT PRIMARY KEY) WITHOUT ROWID',
  `CREATE TABLE history (minute INTEGER PRIMARY KEY, listeners INTEGER NOT NULL, servers INTEGER NOT NULL,
   redirects INTEGER NOT NULL)`,
  'ALTER TABLE server ADD COLUMN polled INTEGER NOT NULL DEFAULT 0',
  'CREATE TABLE polled (id TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID',
  'ALTER TABLE server ADD COLUMN place TEXT',
  'CREATE TABLE set_aside (id TEXT PRIMARY KEY, row TEXT NOT NULL) WITHOUT ROWID',
  // a ring: the number of an event modulo the slots is its slot, so that a new one replaces the oldest in one written row
  'CREATE TABLE event (slot INTEGER PRIMARY KEY, n INTEGER NOT NULL, body TEXT NOT NULL)',
  // until here it held the listeners of a day, for the plot of a page
  'DROP TABLE IF EXISTS history',
  ...historyTables,
]

/** rows of servers that are read from the database at once: all of them are tens of MB of text */
const rowsAtOnce = 100

const logger = getLogger(['distributary', 'store'])

const json = <T extends v.GenericSchema>(schema: T) => v.pipe(v.string(), v.parseJson(), schema)
const flag = v.pipe(
  v.picklist([0, 1]),
  v.transform((value) => value === 1),
)
/** Before 0.2 a boot was stored without the `seq` of its newest report. */
const FormerBootSchema = v.union([
  v.object({ boot: v.string(), seq: v.number() }),
  v.pipe(
    v.string(),
    v.transform((boot): FormerBoot => ({ boot, seq: 0 })),
  ),
])
/** A row as stored; another program, or a broken disk, may have written it. */
const RowSchema = v.object({
  id: v.string(),
  at: v.pipe(v.number(), v.finite()),
  sourcelist: v.string(),
  carries_all: flag,
  former_boots: json(v.array(FormerBootSchema)),
  former_mounts: json(v.array(v.tuple([v.custom<Mount>((name) => typeof name === 'string'), v.number()]))),
  polled: flag,
  place: v.nullable(json(v.object({ latitude: v.number(), longitude: v.number() }))),
})

const EventSchema = v.object({
  at: v.pipe(v.number(), v.finite()),
  kind: v.picklist(eventKinds),
  server: v.exactOptional(v.string()),
  mount: v.exactOptional(v.custom<Mount>((name) => typeof name === 'string')),
  detail: v.exactOptional(v.string()),
})
const EventRowSchema = v.object({
  n: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  body: json(EventSchema),
})

/** The parsed row, or what is wrong with it. */
function serverRowIn(raw: Record<string, unknown>): ServerRow | string {
  const parsed = v.safeParse(RowSchema, raw, { abortEarly: true })
  if (!parsed.success) return `${v.getDotPath(parsed.issues[0]) ?? 'row'}: ${parsed.issues[0].message}`
  const row = parsed.output
  return {
    id: row.id,
    receivedAtMs: row.at,
    sourcelist: row.sourcelist,
    carriesAll: row.carries_all,
    formerBoots: row.former_boots,
    formerMounts: row.former_mounts,
    polled: row.polled,
    location: row.place ?? undefined,
  }
}

/** The durable data of a decider: servers, drains, servers to poll, events, history. One class for SQLite on every runtime. */
export class ServerTable {
  readonly history: SqlHistory
  #sql: Sql

  constructor(sql: Sql) {
    this.#sql = sql
    // Durable Objects reject PRAGMA user_version
    sql.all('CREATE TABLE IF NOT EXISTS meta (k TEXT PRIMARY KEY, v INTEGER NOT NULL) WITHOUT ROWID')
    // nothing is written if the schema is up to date, so that a start on a full disk still has its data
    if (this.#schema() < migrations.length)
      sql.tx(() => {
        for (const ddl of migrations.slice(this.#schema())) sql.all(ddl)
        sql.all("INSERT OR REPLACE INTO meta VALUES ('schema', ?)", migrations.length)
      })
    this.history = new SqlHistory(sql)
    sql.started?.()
  }

  #schema(): number {
    return this.#sql.all<{ v: number }>("SELECT v FROM meta WHERE k = 'schema'")[0]?.v ?? 0
  }

  /** Writes a few bytes; throws if the database cannot be read or written. */
  check(): void {
    this.#sql.all(
      "INSERT OR REPLACE INTO meta VALUES ('checks', 1 + ifnull((SELECT v FROM meta WHERE k = 'checks'), 0))",
    )
  }

  /** The stored servers, read some at a time; malformed rows are set aside and logged. */
  *servers(): Generator<ServerRow, void> {
    const ids = this.#sql.all<{ id: string }>('SELECT id FROM server ORDER BY id')
    const query = 'SELECT * FROM server WHERE id >= ? AND id <= ? ORDER BY id'
    for (let at = 0; at < ids.length; at += rowsAtOnce) {
      const some = ids.slice(at, at + rowsAtOnce)
      const [first, last] = [some[0], some.at(-1)]
      if (!first || !last) return
      for (const raw of this.#sql.all<Record<string, unknown>>(query, first.id, last.id)) {
        const row = serverRowIn(raw)
        if (typeof row === 'string') this.setAside(String(raw.id), row)
        else yield row
      }
    }
  }

  /**
   * Moves a row that cannot be used out of the servers, and keeps it for diagnosis. If the store cannot be written, the row stays: a
   * start on a full disk still has the other servers.
   */
  setAside(id: string, why: string): void {
    logger.error('stored server set aside: cannot be parsed', { id, why })
    try {
      this.#moveAside(id)
    } catch (error) {
      logger.error('stored server left in its place: the store cannot be written', {
        id,
        problem: messageOf(error),
      })
    }
  }

  #moveAside(id: string): void {
    const [row] = this.#sql.all<Record<string, unknown>>('SELECT * FROM server WHERE id = ?', id)
    this.#sql.tx(() => {
      this.#sql.all('INSERT OR REPLACE INTO set_aside VALUES (?, ?)', id, JSON.stringify(row ?? null))
      this.#sql.all(
        'DELETE FROM set_aside WHERE id NOT IN (SELECT id FROM set_aside ORDER BY id LIMIT ?)',
        limits.rowsSetAsideMax,
      )
      this.remove(id)
    })
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
      row.location ? JSON.stringify(row.location) : null,
    )
  }

  remove(id: string): void {
    this.#sql.all('DELETE FROM server WHERE id = ?', id)
  }

  drains(): string[] {
    return this.#sql
      .all<{ id: unknown }>('SELECT id FROM drain')
      .flatMap(({ id }) => (typeof id === 'string' ? [id] : []))
  }

  setDrain(id: string, drained: boolean): void {
    if (drained) this.#sql.all('INSERT OR IGNORE INTO drain (id) VALUES (?)', id)
    else this.#sql.all('DELETE FROM drain WHERE id = ?', id)
  }

  /** The servers to poll, as the operator's texts. */
  polled(): string[] {
    return this.#sql.all<{ body: string }>('SELECT body FROM polled ORDER BY id').map(({ body }) => body)
  }

  putPolled(id: string, body: string): void {
    this.#sql.all('INSERT OR REPLACE INTO polled (id, body) VALUES (?, ?)', id, body)
  }

  removePolled(id: string): void {
    this.#sql.all('DELETE FROM polled WHERE id = ?', id)
  }

  /** The stored events by their numbers, the oldest first; those of another version that has other kinds are left out. */
  events(): { n: number; event: ClusterEvent }[] {
    return this.#sql.all<Record<string, unknown>>('SELECT n, body FROM event ORDER BY n').flatMap((raw) => {
      const parsed = v.safeParse(EventRowSchema, raw)
      return parsed.success ? [{ n: parsed.output.n, event: parsed.output.body }] : []
    })
  }

  putEvent(n: number, event: ClusterEvent): void {
    this.#sql.all(
      'INSERT OR REPLACE INTO event (slot, n, body) VALUES (?, ?, ?)',
      n % limits.eventsMax,
      n,
      JSON.stringify(event),
    )
  }

  /** Runs `fn` as one transaction. */
  together(fn: () => void): void {
    this.#sql.tx(fn)
  }
}

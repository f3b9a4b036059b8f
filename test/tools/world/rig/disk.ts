import { DatabaseSync, type StatementSync } from 'node:sqlite'
import { sqlOf } from '../../../../shared/cluster/sqlite.ts'
import { storeErrorOf } from '../../../../shared/cluster/store-error.ts'
import type { Sql } from '../../../../shared/sql.ts'
import type { Tampering } from '../tampering.ts'
import type { Bites } from './bites.ts'

type Param = string | number | null
type Write = readonly [query: string, params: readonly Param[]]

/** What SQLite says of each trouble. */
export const diskTroubles = {
  full: 'database or disk is full',
  locked: 'database is locked',
  broken: 'disk I/O error',
  'read-only': 'attempt to write a readonly database',
} as const
export type DiskTrouble = keyof typeof diskTroubles

/**
 * The database file of one decider: SQLite itself, in memory. What a killed program wrote is there; after a power cut the newest
 * transactions may be gone, as `synchronous = NORMAL` allows.
 */
export class Disk {
  trouble: DiskTrouble | undefined
  #isDamaged = false
  readonly #bites: Bites
  readonly #tampering: Tampering
  #live = new DatabaseSync(':memory:')
  /** as far as it is on the platter */
  #synced = new DatabaseSync(':memory:')
  /** transactions since then */
  #tail: Write[][] = []

  constructor(bites: Bites, tampering: Tampering) {
    this.#bites = bites
    this.#tampering = tampering
  }

  /** Opens it as a program does at its start. @throws if the file is damaged */
  open(): Sql {
    const sql = sqlOf(this.#live)
    if (this.#isDamaged) {
      this.#bites.note('damaged store refused')
      throw new Error('database disk image is malformed')
    }
    let open: Write[] | undefined
    return {
      all: <T>(query: string, ...params: Param[]) => {
        const isWrite = !query.startsWith('SELECT')
        // to create a table that is there writes nothing
        if (isWrite && !query.startsWith('CREATE TABLE IF NOT EXISTS')) this.#demand()
        if (isWrite && this.#tampering.forgets?.(query)) return []
        const rows = sql.all<T>(query, ...params)
        if (isWrite && open) open.push([query, params])
        else if (isWrite) this.#tail.push([[query, params]])
        return rows
      },
      tx: (fn) => {
        this.#demand()
        const written: Write[] = []
        open = written
        try {
          const result = sql.tx(fn)
          this.#tail.push(written)
          return result
        } finally {
          open = undefined
        }
      },
    }
  }

  #demand(): void {
    if (this.trouble === undefined) return
    this.#bites.note(`store ${this.trouble}`)
    throw storeErrorOf(new Error(diskTroubles[this.trouble]))
  }

  /** Everything written so far stays, whatever happens. */
  sync(): void {
    for (const transaction of this.#tail.splice(0)) replay(this.#synced, transaction)
  }

  /** The power fails: so large a share of what was not synced is lost. Returns how many transactions that are. */
  cutPower(share: number): number {
    const kept = Math.ceil(this.#tail.length * (1 - share))
    const lost = this.#tail.length - kept
    if (lost === 0) return 0
    this.#bites.note('unsynced writes lost', lost)
    for (const transaction of this.#tail.splice(0).slice(0, kept)) replay(this.#synced, transaction)
    this.#copySynced()
    return lost
  }

  /** One stored server comes back as nonsense. Returns its id; undefined: none is stored. */
  damageRow(roll: number): string | undefined {
    this.sync()
    const ids = this.#live.prepare('SELECT id FROM server ORDER BY id').all() as { id: string }[]
    const id = ids[Math.floor(roll * ids.length)]?.id
    if (id === undefined) return undefined
    const nonsense = ['sourcelist: 1\nid: \u0000', '', '{}'][Math.floor(roll * 3)] ?? ''
    for (const database of [this.#live, this.#synced])
      database.prepare('UPDATE server SET sourcelist = ? WHERE id = ?').run(nonsense, id)
    this.#bites.note('stored row damaged')
    return id
  }

  /** The whole file is unreadable. */
  damage(): void {
    this.#isDamaged = true
  }

  /** The operator moves the file away. */
  replace(): void {
    this.#isDamaged = false
    this.trouble = undefined
    this.#tail = []
    this.#live = new DatabaseSync(':memory:')
    this.#synced = new DatabaseSync(':memory:')
  }

  /** How many rows a table has. */
  rows(table: string): number {
    const [row] = this.#live.prepare(`SELECT count(*) AS n FROM ${table}`).all() as { n: number }[]
    return row?.n ?? 0
  }

  close(): void {
    this.#live.close()
    this.#synced.close()
  }

  #copySynced(): void {
    const fresh = new DatabaseSync(':memory:')
    const ddl = this.#synced.prepare(
      "SELECT sql FROM sqlite_master WHERE type IN ('table', 'index') AND sql NOT NULL",
    )
    for (const { sql } of ddl.all() as { sql: string }[]) fresh.exec(sql)
    const tables = this.#synced.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as {
      name: string
    }[]
    for (const { name } of tables) copyRows(this.#synced, fresh, name)
    this.#live = fresh
  }
}

function copyRows(from: DatabaseSync, to: DatabaseSync, table: string): void {
  const rows = from.prepare(`SELECT * FROM ${table}`).all()
  const [first] = rows
  if (!first) return
  const names = Object.keys(first)
  const insert = to.prepare(
    `INSERT INTO ${table} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
  )
  for (const row of rows) insert.run(...names.map((name) => row[name] ?? null))
}

/** each query once a database: a disk is synced all the time */
const prepared = new WeakMap<DatabaseSync, Map<string, StatementSync>>()

function replay(database: DatabaseSync, transaction: readonly Write[]): void {
  const known = prepared.get(database) ?? new Map<string, StatementSync>()
  prepared.set(database, known)
  for (const [query, params] of transaction) {
    const statement = known.get(query) ?? database.prepare(query)
    known.set(query, statement)
    statement.all(...params)
  }
}

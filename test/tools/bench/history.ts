import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { historyOf } from '../../../shared/api/history.ts'
import type { HistoryQuery } from '../../../shared/api/history-query.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../shared/cluster/server-table.ts'
import { sqlOf } from '../../../shared/cluster/sqlite.ts'
import { historyLimits } from '../../../shared/history/limits.ts'
import type { HistoryRow } from '../../../shared/history/rows.ts'
import { mountOf, seededRoll } from '../../kit/parts/reports.ts'
import { fixed, type Table, whole } from './table.ts'

const nowMs = Date.UTC(2026, 0, 1)
const names = Array.from({ length: 100 }, (_, i) => `/station-${i}/high.mp3`)
const ids = Array.from({ length: 50 }, (_, i) => `relay${i}.example.org:8000`)

/** A row of a busy cluster. @param span s */
function rowOf(bucket: number, span: number, roll: () => number): HistoryRow {
  const numbers = () => ({
    seconds: roll() * 1000 * span,
    peak: Math.floor(roll() * 1000),
    joins: Math.floor(roll() * span),
    refused: 0,
    kbit: Math.floor(roll() * 128_000 * span),
  })
  const all = (of: readonly string[]) => new Map(of.map((name) => [name, numbers()]))
  return { bucket, span, total: numbers(), mounts: all(names), servers: all(ids) }
}

/** A store with 400 days of hours and two days of minutes. */
function fill({ history }: ServerTable): void {
  const roll = seededRoll(1)
  const hour = nowMs / 3_600_000
  for (let i = historyLimits.hoursMax; i > 0; i -= 100)
    history.addHours(Array.from({ length: 100 }, (_, j) => rowOf(hour - i + j, 3600, roll)))
  for (let i = 2880; i > 0; i -= 60) {
    const rows = Array.from({ length: 60 }, (_, j) => rowOf(hour * 60 - i + j, 60, roll))
    history.add(rows.map((row) => ({ row, untilMs: nowMs, ended: [], open: [] })))
  }
}

/** How long an answer takes, and how long it keeps a listener waiting at most. */
async function answer(
  registry: Registry,
  query: HistoryQuery,
): Promise<{ rows: number; ms: number; blockedMs: number }> {
  let blockedMs = 0
  let lastMs = performance.now()
  const turn = setInterval(() => {
    const atMs = performance.now()
    blockedMs = Math.max(blockedMs, atMs - lastMs)
    lastMs = atMs
  }, 0)
  const startMs = performance.now()
  const rows = await historyOf(registry.history, query, nowMs)
  clearInterval(turn)
  return { rows: rows.length, ms: performance.now() - startMs, blockedMs }
}

/** The answers of `/api/history` from a year of 100 mounts on 50 servers. */
export async function benchHistory(): Promise<Table> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-history-'))
  try {
    const file = join(folder, 'edge.sqlite')
    const sql = sqlOf(new DatabaseSync(file))
    const table = new ServerTable(sql)
    fill(table)
    sql.all('PRAGMA wal_checkpoint(TRUNCATE)')
    const registry = new Registry(table, 100, nowMs)
    const ask = (days: number, step: number, over: Partial<HistoryQuery>) =>
      answer(registry, {
        mount: undefined,
        server: undefined,
        from: nowMs / 1000 - days * 86_400,
        to: nowMs / 1000,
        step,
        ...over,
      })
    const mount = mountOf(names[7] ?? '')
    const questions: [string, number, number, Partial<HistoryQuery>][] = [
      ['a day of all by minutes', 1, 60, {}],
      ['a day of a mount by minutes', 1, 60, { mount }],
      ['a year of all by days', 365, 86_400, {}],
      ['a year of a mount by days', 365, 86_400, { mount }],
      ['a year of a mount by hours', 365, 3600, { mount }],
    ]
    const rows: string[][] = []
    for (const [name, days, step, over] of questions) {
      const told = await ask(days, step, over)
      rows.push([name, whole(told.rows), fixed(told.ms, 0), fixed(told.blockedMs, 0)])
    }
    return {
      title: 'History',
      note: `From ${whole(statSync(file).size / 1e6)} MB: 400 days of 100 mounts on 50 servers by hours, two of them by minutes. "Blocked" is the longest time in which no listener is answered.`,
      columns: ['question', 'rows', 'ms', 'blocked, ms'],
      rows,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

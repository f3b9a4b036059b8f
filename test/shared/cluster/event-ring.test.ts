import { describe, expect, test } from 'vitest'
import { EventRing } from '../../../shared/cluster/event-ring.ts'
import { ServerTable, type Sql } from '../../../shared/cluster/server-table.ts'
import type { ClusterEvent } from '../../../shared/cluster/watch/event.ts'
import { limits } from '../../../shared/limits.ts'
import { memorySql } from '../../kit/base/sqlite.ts'
import { mountOf } from '../../kit/parts/reports.ts'

const open = (sql: Sql) => new EventRing(new ServerTable(sql))
const joined = (n: number): ClusterEvent => ({ at: n, kind: 'server new', server: `s${n}` })
const numbers = (ring: EventRing) => ring.all.map(({ at }) => at)
const upTo = (last: number) =>
  Array.from({ length: limits.eventsMax }, (_, i) => last - limits.eventsMax + i + 1)
const rows = (sql: Sql) => sql.all<{ count: number }>('SELECT count(*) AS count FROM event')[0]?.count

describe('the ring of events', () => {
  test('keeps the newest 500 in their order, over restarts, in as many rows', () => {
    const sql = memorySql()
    let ring = open(sql)
    for (let n = 0; n < 1234; n++) {
      if (n % 300 === 0) ring = open(sql)
      ring.add([joined(n)])()
    }
    expect(numbers(ring)).toEqual(upTo(1233))
    expect(numbers(open(sql))).toEqual(upTo(1233))
    expect(rows(sql)).toBe(limits.eventsMax)
  })

  test('keeps the newest 500 of more that come at once', () => {
    const sql = memorySql()
    const ring = open(sql)
    ring.add([joined(0)])()
    ring.add(Array.from({ length: 700 }, (_, n) => joined(n + 1)))()
    expect(numbers(ring)).toEqual(upTo(700))
    expect(numbers(open(sql))).toEqual(upTo(700))
    ring.add([joined(701)])()
    expect(numbers(open(sql)), 'and goes on after these').toEqual(upTo(701))
  })

  test('restores each field, and leaves out an event that this version does not know', () => {
    const sql = memorySql()
    const whole: ClusterEvent = {
      at: 1.5,
      kind: 'title changed',
      server: 'm',
      mount: mountOf('/live.mp3'),
      detail: 'Ä – B',
    }
    open(sql).add([whole])()
    const strange = ['{"at":1,"kind":"comet seen"}', '{"at":null,"kind":"mount up"}', 'no JSON', '[]']
    for (const [i, body] of strange.entries())
      sql.all('INSERT INTO event VALUES (?, ?, ?)', 7 + i, 7 + i, body)
    expect(open(sql).all).toEqual([whole])
  })

  test('writes one row an event, and nothing without one', () => {
    const sql = memorySql()
    const written: string[] = []
    const counted: Sql = {
      ...sql,
      all(query, ...params) {
        if (!query.startsWith('SELECT')) written.push(query)
        return sql.all(query, ...params)
      },
    }
    const ring = open(counted)
    written.length = 0
    ring.add([])()
    expect(written).toHaveLength(0)
    ring.add([joined(1), joined(2)])()
    expect(written).toHaveLength(2)
  })
})

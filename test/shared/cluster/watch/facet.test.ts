import { describe, expect, test } from 'vitest'
import type { ClusterEvent } from '../../../../shared/cluster/watch/event.ts'
import { Facet } from '../../../../shared/cluster/watch/facet.ts'
import { gathered } from '../../../../shared/cluster/watch/gathered.ts'
import { logEvent } from '../../../../shared/cluster/watch/log-event.ts'
import { limits } from '../../../../shared/limits.ts'
import { logged } from '../../../kit/base/log-records.ts'
import { mountOf } from '../../../kit/parts/reports.ts'

describe('a property that events tell about', () => {
  test('is told once with the value before, and since when it is so', () => {
    const facet = new Facet('a')
    facet.set('a', 5)
    expect([facet.isTold, facet.sinceMs, facet.tell(5)]).toEqual([true, 0, undefined])
    facet.set('b', 10)
    facet.set('b', 20)
    expect([facet.value, facet.told, facet.isTold, facet.sinceMs]).toEqual(['b', 'a', false, 10])
    expect([facet.tell(20), facet.tell(20), facet.told]).toEqual([{ before: 'a' }, undefined, 'b'])
  })

  test('is not told if it is again as it was, or is known in another way', () => {
    const facet = new Facet(1)
    facet.set(2, 10)
    facet.set(1, 20)
    expect(facet.tell(20)).toBeUndefined()
    facet.set(3, 30)
    facet.settle(4)
    expect([facet.value, facet.told, facet.tell(30)]).toEqual([4, 4, undefined])
  })

  test('is told a few times, then once a minute with its newest value', () => {
    const facet = new Facet(0)
    const { burst } = limits.eventsOfFacet
    const told = Array.from({ length: burst + 2 }, (_, i) => {
      facet.set(i + 1, i)
      return facet.tell(i)?.before
    })
    expect(told).toEqual([...Array(burst).keys(), undefined, undefined])
    expect(facet.tell(30_000)).toBeUndefined()
    expect(facet.tell(60_000)).toEqual({ before: burst })
    expect(facet.told).toBe(burst + 2)
  })
})

describe('events of one moment', () => {
  const most = limits.eventsAtOnceMax
  const ups = (count: number, serverOf = (_: number) => 'm'): ClusterEvent[] =>
    Array.from({ length: count }, (_, i) => ({
      at: i,
      kind: 'mount up',
      server: serverOf(i),
      mount: mountOf(`/${i}`),
    }))

  test('are told one by one up to a bound, and those of a kind that has more as one', () => {
    expect(gathered(ups(most))).toHaveLength(most)
    const mixed = ups(most).map((event, i) =>
      i % 2 === 0 ? event : { ...event, kind: 'mount lost' as const },
    )
    expect(gathered(mixed), 'in their order').toEqual(mixed)
    const few: ClusterEvent[] = [{ at: 7, kind: 'server new', server: 'm' }]
    expect(gathered([...few, ...ups(most)])).toHaveLength(most + 1)
    expect(gathered([...few, ...ups(most + 1)])).toEqual([
      ...few,
      { at: 0, kind: 'mount up', server: 'm', detail: `${most + 1} mounts: /0, /1, /2, …` },
    ])
  })

  test('name the server of many mounts only if it is one', () => {
    const [all] = gathered(ups(most + 1, (i) => (i === 5 ? 'n' : 'm')))
    expect(all).toEqual({ at: 0, kind: 'mount up', detail: `${most + 1} mounts: /0, /1, /2, …` })
    const stale = Array.from(
      { length: most + 1 },
      (): ClusterEvent => ({ at: 3, kind: 'server stale', server: 's' }),
    )
    expect(gathered(stale)).toEqual([
      { at: 3, kind: 'server stale', detail: `${most + 1} servers: s, s, s, …` },
    ])
  })
})

test('an event is a line of its own level with its fields, and a wrong login none', async () => {
  const records = await logged(() => {
    logEvent({ at: 1, kind: 'server stale', server: 'a' })
    logEvent({ at: 1, kind: 'server new', server: 'a' }, { boot: 'b' })
    logEvent({ at: 1, kind: 'title changed', server: 'a', detail: 'T' }, { more: 1 })
    logEvent({ at: 1, kind: 'server id taken over', server: 'a' }, { boot: 'b' })
    logEvent({ at: 1, kind: 'wrong login' })
  })
  expect(records.map(({ level, properties }) => [level, properties])).toEqual([
    ['warning', { server: 'a' }],
    ['info', { server: 'a', boot: 'b' }],
    ['debug', { server: 'a', detail: 'T', more: 1 }],
    ['warning', { server: 'a', boot: 'b' }],
  ])
})

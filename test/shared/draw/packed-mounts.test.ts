import fc from 'fast-check'
import { expect, test } from 'vitest'
import { mountsJson } from '../../../shared/api/json.ts'
import { Registry } from '../../../shared/cluster/registry.ts'
import type { View } from '../../../shared/draw/view.ts'
import { PackedMounts } from '../../../shared/report/mount-list.ts'
import { parseSourcelist, printSourcelist } from '../../../shared/report/sourcelist.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { mountReport, reportOf } from '../../kit/parts/reports.ts'

// Two registries that hear the same texts: one packs the mounts of fleets, the other gets arrays.

const fleets = [
  ['/a', '/b', '/c'],
  ['/b', '/a', '/d', '/e'],
]
const ids = Array.from({ length: 12 }, (_, i) => `s${i}`)

const step = fc.record({
  id: fc.constantFrom(...ids),
  fleet: fc.constantFrom(0, 0, 0, 1, 1),
  carries: fc.constantFrom('all', 'all', 'all', 'all', 'less', 'turned', 'none'),
  role: fc.constantFrom(...Array<'slave'>(6).fill('slave'), 'master' as const),
  listeners: fc.array(fc.constantFrom(0, 0, 1, 5), { minLength: 4, maxLength: 4 }),
  max: fc.constantFrom(null, null, null, null, 3, 200),
  kbps: fc.constantFrom(64, 64, 0, 1411),
  about: fc.constantFrom(undefined, undefined, { hidden: true }, { title: 'one' }),
  state: fc.constantFrom(...Array<'up'>(6).fill('up'), 'leaving' as const),
  bandwidth: fc.constantFrom(undefined, 0, 9_900),
  waitsMs: fc.constantFrom(0, 0, 0, 1000, 40_000),
  deed: fc.constantFrom(...Array<'reports'>(9).fill('reports'), 'is forgotten' as const),
})

/** What anybody can see of a view. */
const seenOf = (view: View, nowMs: number) => ({
  groups: view.groups,
  json: mountsJson(view, nowMs),
  mounts: [...view.mounts].map(([mount, { carriers, isPrivate, listenerPeak }]) => ({
    mount,
    isPrivate,
    listenerPeak,
    onAir: view.onAir(mount, nowMs),
    about: view.about(mount, nowMs),
    carriers: [...carriers.values()].map(({ server, mount: said, follows }) => [
      server.report.id,
      said,
      follows,
    ]),
  })),
})

test('docs/protocol.md#performance: a view of packed mounts is the same as one of objects, whatever is reported', () => {
  let packed = 0
  fc.assert(
    fc.property(fc.array(step, { minLength: 10, maxLength: 60 }), (steps) => {
      const packing = new Registry(undefined, 100, 0)
      const plain = new Registry(undefined, 100, 0)
      let nowMs = 0
      for (const { id, fleet, carries, role, about, deed, waitsMs, listeners, max, kbps, ...rest } of steps) {
        nowMs += waitsMs
        if (deed === 'is forgotten') {
          expect(packing.forget(id, { nowMs })).toBe(plain.forget(id, { nowMs }))
          continue
        }
        const names = fleets[fleet] ?? []
        const named = carries === 'less' ? names.slice(1) : carries === 'turned' ? names.toReversed() : names
        const mounts = (carries === 'none' ? [] : named).map((name, i) =>
          mountReport(name, {
            listeners: listeners[i] ?? 0,
            kbps,
            max: i === 1 ? max : null,
            ...(role === 'master' && about && { about }),
          }),
        )
        const text = printSourcelist(reportOf(id, { role, maxBandwidth: 10_000, ...rest, mounts }))
        const report = packing.parse(text)
        if (report.mounts instanceof PackedMounts) packed++
        expect(packing.put(report, text, nowMs)).toEqual(plain.put(parseSourcelist(text), text, nowMs))
        expect(seenOf(packing.view, nowMs)).toEqual(seenOf(plain.view, nowMs))
        expect(packing.events(nowMs)).toEqual(plain.events(nowMs))
      }
    }),
    { numRuns: repetitions(400) },
  )
  expect(packed).toBeGreaterThan(20)
})

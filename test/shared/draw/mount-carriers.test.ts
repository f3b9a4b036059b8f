import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Host } from '../../../shared/draw/mounts/host.ts'
import { MountCarriers } from '../../../shared/draw/mounts/mount-carriers.ts'
import { OnAir } from '../../../shared/draw/mounts/on-air.ts'
import type { MountReport } from '../../../shared/report/report.ts'
import { repetitions } from '../../kit/repetitions.ts'
import { mountReport, serverOf } from '../../kit/reports.ts'

// Beside a plain map, after anything that servers do.

/** As a table of their numbers has them: neighbours, multiples of its length, and a number that 31 bits do not hold. */
const numbers = [...Array.from({ length: 40 }, (_, i) => i), ...[16, 32, 64, 128].map((i) => 1000 * i), 2 ** 33]
const hosts = numbers.map((number) => new Host(number, serverOf(`s${number}`), 100))
const known = new Map(hosts.map((host) => [host.server.report.id, host]))

const deed = fc.record({
  host: fc.constantFrom(...hosts),
  what: fc.constantFrom('reports', 'reports', 'reports', 'goes', 'follows', 'is stale'),
  listeners: fc.nat(9),
})

interface Said {
  report: MountReport
  mark: number
  follows: boolean
  isCounted: boolean
}

test('docs/protocol.md#performance: the columns of a mount hold what a map of its servers would, whoever comes and goes', () => {
  fc.assert(
    fc.property(fc.array(deed, { minLength: 30, maxLength: 200 }), (deeds) => {
      const carriers = new MountCarriers(known)
      const onAir = new OnAir()
      const model = new Map<Host, Said>()
      for (const [n, { host, what, listeners }] of deeds.entries()) {
        const report = mountReport('/live.mp3', { listeners })
        const place = carriers.placeOf(host)
        const said = model.get(host)
        expect(place >= 0).toBe(said !== undefined)
        if (!said) {
          const added = carriers.add(host, report)
          expect(carriers.placeOf(host)).toBe(added)
          expect([carriers.markAt(added), carriers.followsAt(added)]).toEqual([0, false])
          carriers.count(added, true, onAir)
          model.set(host, { report, mark: 0, follows: false, isCounted: true })
        } else if (what === 'goes') {
          carriers.count(place, false, onAir)
          carriers.removeAt(place)
          model.delete(host)
        } else if (what === 'follows') {
          carriers.setMark(place, n, n % 2 === 0)
          carriers.count(place, said.isCounted, onAir)
          Object.assign(said, { mark: n, follows: n % 2 === 0 })
        } else {
          carriers.setReport(place, report)
          carriers.count(place, what === 'reports', onAir)
          Object.assign(said, { report, isCounted: what === 'reports' })
        }
      }
      expect(carriers.size).toBe(model.size)
      for (const host of hosts) {
        const { id } = host.server.report
        const said = model.get(host)
        expect(carriers.has(id)).toBe(said !== undefined)
        expect(carriers.reportOf(host)).toBe(said?.report)
        expect(carriers.get(id)).toEqual(
          said && { host, server: host.server, mount: said.report, follows: said.follows },
        )
        if (said) expect(carriers.markAt(carriers.placeOf(host))).toBe(said.mark)
      }
      expect(new Set(carriers.keys())).toEqual(new Set([...model.keys()].map(({ server }) => server.report.id)))
      const counted = [...model].filter(([, { isCounted }]) => isCounted)
      expect(new Set([...carriers.counted()].map(({ host }) => host))).toEqual(
        new Set(counted.map(([host]) => host)),
      )
      const sum = (some: typeof counted) => some.reduce((all, [, { report }]) => all + report.listeners, 0)
      expect(onAir.listeners).toBe(sum(counted))
      expect(onAir.isReported).toBe(counted.some(([, { follows }]) => !follows))
    }),
    { numRuns: repetitions(400) },
  )
})

test('a server that nobody knows, or that is not there any more, is at no place of a mount', () => {
  const carriers = new MountCarriers(known)
  expect([carriers.has('who'), carriers.get('who'), carriers.placeOf(undefined)]).toEqual([false, undefined, -1])
  for (const host of hosts) carriers.add(host, mountReport('/live.mp3'))
  const stranger = new Host(numbers[3] ?? 0, serverOf('stranger'), 100)
  expect([carriers.placeOf(stranger), carriers.reportOf(stranger)]).toEqual([-1, undefined])
  carriers.removeAt(hosts.length)
  expect(carriers.size).toBe(hosts.length)
  expect(() => carriers.setReport(-1, mountReport('/live.mp3'))).toThrow(RangeError)
  for (const host of hosts) carriers.removeAt(carriers.placeOf(host))
  expect([carriers.size, ...carriers.values()]).toEqual([0])
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { Host } from '../../../shared/draw/mounts/host.ts'
import { MountCarriers } from '../../../shared/draw/mounts/mount-carriers.ts'
import { OnAir } from '../../../shared/draw/mounts/on-air.ts'
import { repetitions } from '../../kit/base/repetitions.ts'
import { mountReport, serverOf } from '../../kit/parts/reports.ts'

// Beside a plain map, after anything that servers do.

/** As a table of their numbers has them: neighbours, multiples of its length, and a number that 31 bits do not hold. */
const numbers = [
  ...Array.from({ length: 40 }, (_, i) => i),
  ...[16, 32, 64, 128].map((i) => 1000 * i),
  2 ** 33,
]
/** listeners of a mount by its place in a report */
const listed = Array.from({ length: 10 }, (_, listeners) => mountReport(`/m${listeners}`, { listeners }))
const hosts = numbers.map((number) => new Host(number, serverOf(`s${number}`, { mounts: listed }), 100))
const known = new Map(hosts.map((host) => [host.server.report.id, host]))

const deed = fc.record({
  host: fc.constantFrom(...hosts),
  what: fc.constantFrom('reports', 'reports', 'reports', 'goes', 'follows', 'is stale'),
  listedAt: fc.nat(9),
})

interface Said {
  listedAt: number
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
      const count = (host: Host, said: Said) => {
        host.isCounted = said.isCounted
        carriers.count(carriers.placeOf(host), onAir)
      }
      for (const [n, { host, what, listedAt }] of deeds.entries()) {
        const place = carriers.placeOf(host)
        const before = model.get(host)
        expect(place >= 0).toBe(before !== undefined)
        const said = before ?? { listedAt, mark: 0, follows: false, isCounted: true }
        if (!before) {
          const added = carriers.add(host, listedAt)
          expect([carriers.placeOf(host), carriers.markAt(added)]).toEqual([added, 0])
        } else if (what === 'goes') {
          carriers.discount(place, onAir)
          carriers.removeAt(place)
          model.delete(host)
          continue
        } else if (what === 'follows') {
          Object.assign(said, { mark: n, follows: n % 2 === 0 })
          carriers.setMark(place, said.mark, said.follows)
        } else {
          Object.assign(said, { listedAt, isCounted: what === 'reports' })
          carriers.setListed(place, listedAt)
        }
        model.set(host, said)
        count(host, said)
      }
      expect(carriers.size).toBe(model.size)
      for (const host of hosts) {
        const { id } = host.server.report
        const said = model.get(host)
        const mount = said && listed[said.listedAt]
        expect(carriers.has(id)).toBe(said !== undefined)
        expect(carriers.reportOf(host)).toBe(mount)
        expect(carriers.get(id)).toEqual(said && { host, server: host.server, mount, follows: said.follows })
        if (said) expect(carriers.markAt(carriers.placeOf(host))).toBe(said.mark)
      }
      expect([...carriers.servers()]).toEqual([...carriers.values()].map(({ server }) => server))
      expect(new Set(carriers.keys())).toEqual(
        new Set([...model.keys()].map(({ server }) => server.report.id)),
      )
      const counted = [...model].filter(([, { isCounted }]) => isCounted)
      expect(new Set([...carriers.counted()].map(({ host }) => host))).toEqual(
        new Set(counted.map(([host]) => host)),
      )
      expect(onAir.listeners).toBe(counted.reduce((sum, [, { listedAt }]) => sum + listedAt, 0))
      expect(onAir.isReported).toBe(counted.some(([, { follows }]) => !follows))
    }),
    { numRuns: repetitions(400) },
  )
})

test('a server that nobody knows, or that is not there any more, is at no place of a mount', () => {
  const carriers = new MountCarriers(known)
  expect([carriers.has('who'), carriers.get('who'), carriers.placeOf(undefined)]).toEqual([
    false,
    undefined,
    -1,
  ])
  for (const host of hosts) carriers.add(host, 0)
  const stranger = new Host(numbers[3] ?? 0, serverOf('stranger'), 100)
  expect([carriers.placeOf(stranger), carriers.reportOf(stranger)]).toEqual([-1, undefined])
  carriers.removeAt(hosts.length)
  expect(carriers.size).toBe(hosts.length)
  for (const place of [-1, hosts.length]) expect(() => carriers.setListed(place, 0)).toThrow(RangeError)
  for (const host of hosts) carriers.removeAt(carriers.placeOf(host))
  expect([carriers.size, ...carriers.values()]).toEqual([0])
})

test('each of several hundred servers of a mount is found, as others come and go', () => {
  const many = Array.from({ length: 300 }, (_, i) => new Host(i, serverOf(`s${i}`, { mounts: listed }), 100))
  const carriers = new MountCarriers(new Map(many.map((host) => [host.server.report.id, host])))
  for (const host of many) carriers.add(host, 0)
  expect(many.map((host) => carriers.placeOf(host))).toEqual(many.map((_, place) => place))
  const [gone, left] = [0, 1].map((half) => many.filter((_, i) => i % 2 === half))
  for (const host of gone ?? []) carriers.removeAt(carriers.placeOf(host))
  expect((gone ?? []).filter((host) => carriers.placeOf(host) >= 0)).toEqual([])
  expect((left ?? []).map((host) => carriers.placeOf(host)).toSorted((a, b) => a - b)).toEqual(
    Array.from({ length: 150 }, (_, i) => i),
  )
})

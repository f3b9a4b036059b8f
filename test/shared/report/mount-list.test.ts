import { describe, expect, test } from 'vitest'
import { hasSamePlaces, type MountChange, mountChanges } from '../../../shared/report/mount-changes.ts'
import {
  hasSameNames,
  type MountForm,
  nameAt,
  PackedMounts,
  putNumbers,
  unlimited,
} from '../../../shared/report/mount-list.ts'
import type { MountList, MountReport } from '../../../shared/report/report.ts'
import { mountReport } from '../../kit/parts/reports.ts'

const forms = new Map<string, readonly MountForm[]>()

/** The same mounts packed, with the forms of all lists of the same names. */
function packed(mounts: readonly MountReport[]): PackedMounts {
  const names = mounts.map(({ mount }) => mount).join(' ')
  const shared =
    forms.get(names) ??
    mounts.map(({ mount, contentType }) => ({
      path: `${mount} `,
      type: ` ${contentType}\n`,
      mount,
      contentType,
    }))
  forms.set(names, shared)
  const numbers = new Float64Array(4 * mounts.length)
  for (const [place, { listeners, max, kbps, joins }] of mounts.entries())
    putNumbers(numbers, place, listeners, max ?? unlimited, kbps, joins)
  return new PackedMounts(shared, numbers)
}

const listOf = (...mounts: [path: string, over?: Partial<MountReport>][]) =>
  mounts.map(([path, over]) => mountReport(path, over))

const lists: readonly (readonly MountReport[])[] = [
  listOf(),
  listOf(['/a']),
  listOf(['/b']),
  listOf(['/a'], ['/b']),
  listOf(['/b'], ['/a']),
  listOf(['/a'], ['/b', { listeners: 1 }]),
  listOf(['/a'], ['/b', { max: 0 }]),
  listOf(['/a', { max: 7 }], ['/b', { max: 1 }]),
  listOf(['/a', { kbps: 64 }], ['/b', { joins: 3 }]),
  listOf(['/a', { listeners: 2 }], ['/b'], ['/c']),
  listOf(['/a'], ['/c'], ['/b']),
]
const abouts = [
  listOf(['/a', { about: { title: 'one' } }], ['/b', { contentType: 'audio/aac' }]),
  listOf(['/a'], ['/b', { about: { title: 'two' } }]),
]
const kinds: readonly MountList[] = [...lists, ...abouts, ...lists.slice(0, -1).map(packed)]

describe('mounts that are packed', () => {
  test.for(lists.map((mounts) => ({ mounts, said: JSON.stringify(mounts) })))(
    'are what an array of them is: $said',
    ({ mounts }) => {
      const list = packed(mounts)
      const places = Array.from({ length: mounts.length + 1 }, (_, place) => place)
      expect(list).toHaveLength(mounts.length)
      expect([...list]).toEqual(mounts)
      expect(places.map((place) => list.at(place))).toEqual(places.map((place) => mounts[place]))
      expect(places.map((place) => nameAt(list, place))).toEqual(places.map((place) => mounts[place]?.mount))
      expect(list.map(({ mount }, place) => [mount, place])).toEqual(
        mounts.map(({ mount }, place) => [mount, place]),
      )
      const isFirst = ({ mount }: MountReport) => mount === '/a'
      expect(list.filter(isFirst)).toEqual(mounts.filter(isFirst))
      expect(list.every(isFirst)).toBe(mounts.every(isFirst))
      for (const [from, to] of [[], [1], [0, 1], [-1]])
        expect(list.slice(from, to)).toEqual(mounts.slice(from, to))
    },
  )

  test('of which the numbers are not those of the names are an error', () => {
    expect(() => new PackedMounts([], new Float64Array(1))).toThrow('1 numbers of 0 mounts')
  })

  test('are alike where the names are shared, whose maxima alone are then compared', () => {
    const [one, more] = [packed(listOf(['/x'], ['/y'])), packed(listOf(['/x', { listeners: 1 }], ['/y']))]
    const bounded = packed(listOf(['/x'], ['/y', { max: 5 }]))
    expect([one.isAlike(more), one.isAlike([...more]), one.isAlike(packed(listOf(['/x'])))]).toEqual([
      true,
      false,
      false,
    ])
    expect([one.hasSameMaxima(more), one.hasSameMaxima(bounded)]).toEqual([true, false])
  })
})

/** What is new, by comparing every mount by its name. */
function newIn(before: readonly MountReport[], now: readonly MountReport[]): MountChange[] {
  const named = (list: readonly MountReport[], name: string) => list.find(({ mount }) => mount === name)
  const come = now.map((mount, place) => ({
    mount: mount.mount,
    before: named(before, mount.mount),
    now: mount,
    place,
  }))
  const gone = before.filter(({ mount }) => named(now, mount) === undefined)
  return [
    ...come.filter((change) => JSON.stringify(change.before) !== JSON.stringify(change.now)),
    ...gone.map((mount) => ({ mount: mount.mount, before: mount, now: undefined, place: -1 })),
  ]
}

const namesOf = (list: readonly MountReport[]) => list.map(({ mount }) => mount).join(' ')
/** Whether a mount has moved from one place to another. */
const hasMoved = (before: readonly MountReport[], now: readonly MountReport[]) =>
  now.some(({ mount }, place) => {
    const placeBefore = before.findIndex((each) => each.mount === mount)
    return placeBefore >= 0 && placeBefore !== place
  })

test.for(kinds.map((before) => ({ before, said: JSON.stringify([...before]) })))(
  'what a report says after this one is the same by place, by name and by numbers, packed or not: $said',
  ({ before }) => {
    const last = [...before]
    const all = kinds.map((now) => ({ now, next: [...now] }))
    expect(all.map(({ now }) => mountChanges(before, now))).toEqual(all.map(({ next }) => newIn(last, next)))
    expect(all.map(({ now }) => hasSameNames(before, now))).toEqual(
      all.map(({ next }) => namesOf(last) === namesOf(next)),
    )
    const inPlace = all.filter(({ now }) => hasSamePlaces(before, now))
    expect(inPlace.filter(({ next }) => hasMoved(last, next))).toEqual([])
    const withSameNames = all.filter(({ next }) => namesOf(last) === namesOf(next))
    expect(inPlace).toEqual(expect.arrayContaining(withSameNames))
  },
)

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { PlaceIndex } from '../../../shared/draw/mounts/place-index.ts'

interface Numbered {
  readonly number: number
}

/** An array whose index is kept as carriers of a mount keep theirs: the last one comes into the place of one that goes. */
class Indexed {
  readonly all: Numbered[]
  readonly index: PlaceIndex

  constructor(all: Numbered[] = []) {
    this.all = all
    this.index = all.length > 0 ? PlaceIndex.of(all) : new PlaceIndex()
  }

  add(each: Numbered): void {
    this.all.push(each)
    this.index.add(each, this.all.length - 1, this.all)
  }

  remove(each: Numbered): void {
    const place = this.index.find(each, this.all)
    this.index.remove(each, this.all)
    const last = this.all.at(-1)
    if (place < 0 || last === undefined) return
    if (last !== each) this.index.move(last, place, this.all)
    this.all[place] = last
    this.all.pop()
  }
}

/** Numbers of which many have the same slot in a table of up to 64. */
const numbers = fc.integer({ min: 0, max: 400 }).map((n) => (n % 20) * 64 + Math.floor(n / 20))
const range = (from: number, to: number) =>
  Array.from({ length: to - from }, (_, i) => ({ number: from + i }))

describe('where something stands in an array is found by its number', () => {
  test('after any additions and removals, whatever numbers share a slot; what is not there is not found', () => {
    const steps = fc.array(fc.tuple(numbers, fc.boolean()), { maxLength: 120 })
    fc.assert(
      fc.property(fc.uniqueArray(numbers, { maxLength: 30 }), steps, (begun, all) => {
        const known = new Map(begun.map((number) => [number, { number }]))
        const kept = new Indexed([...known.values()])
        const gone: Numbered[] = [{ number: 7 }]
        for (const [number, isAdded] of all) {
          const each = known.get(number) ?? { number }
          if (!isAdded) {
            kept.remove(each)
            known.delete(number)
            gone.push(each)
          } else if (!known.has(number)) {
            known.set(number, each)
            kept.add(each)
          }
        }
        expect(kept.all.length).toBe(known.size)
        for (const each of known.values()) expect(kept.all[kept.index.find(each, kept.all)]).toBe(each)
        for (const each of gone) expect(kept.index.find(each, kept.all)).toBe(-1)
      }),
    )
  })

  test('to move one that is not there changes nothing', () => {
    const { all, index } = new Indexed(range(0, 3))
    index.move({ number: 1 }, 2, all)
    expect(all.map((each) => index.find(each, all))).toEqual([0, 1, 2])
  })

  test('what is removed is not found any more, though the array has it still', () => {
    const { all, index } = new Indexed(range(0, 3))
    for (const each of all) {
      index.remove(each, all)
      expect(index.find(each, all)).toBe(-1)
    }
  })

  test('by looking at a few places, and thousands are added by looking at each a few times', () => {
    let looks = 0
    const all = new Proxy<Numbered[]>([], {
      get(target, name, receiver) {
        if (typeof name === 'string' && /^\d+$/.test(name)) looks++
        return Reflect.get(target, name, receiver)
      },
    })
    const kept = new Indexed(all)
    const added = range(0, 2000)
    for (const each of added) kept.add(each)
    expect(looks).toBeLessThan(3 * added.length)
    looks = 0
    for (const each of added) kept.index.find(each, all)
    expect(looks).toBe(added.length)
  })

  test('in a table that does not grow where as many go as come', () => {
    const { arrayBuffers } = process.memoryUsage()
    const kept = new Indexed(range(0, 10))
    for (const each of range(10, 50_000)) {
      kept.add(each)
      kept.remove(each)
    }
    // bytes: a table for them all would take more than a million
    expect(process.memoryUsage().arrayBuffers - arrayBuffers).toBeLessThan(300_000)
  })
})

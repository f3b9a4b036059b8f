import { describe, expect, test } from 'vitest'
import { boundsFor, Crowd, type Member } from '../../../edge/http/crowd.ts'
import { httpLimits } from '../../../edge/http/limits.ts'

interface Named extends Member {
  name: string
}
const member = (name: string, network: string | undefined, isIdle = true): Named => ({
  name,
  network,
  isIdle,
})

/** A crowd of four, two of a network, after these came; and whom each of them made leave. */
function crowdOf(...members: Named[]) {
  const crowd = new Crowd<Named>({ connectionsMax: 4, networkMax: 2 })
  const left = members.map((each) => crowd.add(each)?.name)
  return { crowd, left: left.filter((name) => name !== undefined) }
}
const namesIn = (crowd: Crowd<Named>) => [...crowd.members()].map(({ name }) => name)

describe('the connections of an edge', () => {
  test('beyond what one network may have cost that network its oldest one that waits', () => {
    const { crowd, left } = crowdOf(member('b', 'y'), member('a1', 'x'), member('a2', 'x'), member('a3', 'x'))
    expect(left).toEqual(['a1'])
    expect(namesIn(crowd)).toEqual(['b', 'a2', 'a3'])
  })

  test('beyond what there is room for cost the oldest one that waits, whose ever it is', () => {
    const { left } = crowdOf(
      member('busy', 'x', false),
      member('a', 'x'),
      member('b', 'y'),
      member('c', 'z'),
      member('d', 'w'),
    )
    expect(left).toEqual(['a'])
  })

  test('are not taken where none waits', () => {
    const busy = ['x', 'y', 'z', 'w'].map((network) => member(network, network, false))
    const { crowd, left } = crowdOf(...busy, member('new', 'v'))
    expect(left).toEqual(['new'])
    expect(crowd.size).toBe(4)
  })

  test('of a trusted proxy may be all, and go last', () => {
    const proxies = ['p1', 'p2', 'p3'].map((name) => member(name, undefined))
    expect(crowdOf(...proxies, member('p4', undefined)).left).toEqual([])
    expect(crowdOf(...proxies, member('a', 'x'), member('p4', undefined)).left).toEqual(['a'])
    expect(crowdOf(...proxies, member('p4', undefined), member('p5', undefined)).left).toEqual(['p1'])
  })

  test('give their place back, also in their network', () => {
    const [first, second, third] = [member('a1', 'x'), member('a2', 'x'), member('a3', 'x')]
    const crowd = new Crowd<Named>({ connectionsMax: 4, networkMax: 2 })
    crowd.add(first)
    crowd.add(second)
    crowd.delete(first)
    expect(crowd.add(third)).toBeUndefined()
    expect(crowd.size).toBe(2)
  })
})

test('as many connections are let in as leave descriptors for the rest', () => {
  expect(boundsFor(200, httpLimits)).toEqual({ connectionsMax: 136, networkMax: 34 })
  expect(boundsFor(1_000_000, httpLimits).connectionsMax).toBe(httpLimits.connectionsMax)
  expect(boundsFor(undefined, httpLimits).connectionsMax).toBe(httpLimits.connectionsUnknownMax)
  expect(boundsFor(10, httpLimits)).toEqual({ connectionsMax: 1, networkMax: 1 })
})

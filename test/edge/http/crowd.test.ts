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

/** A crowd of at most four, two per network, after these arrived; and the one that each of them replaced. */
function crowdOf(...members: Named[]) {
  const crowd = new Crowd<Named>({ connectionsMax: 4, networkMax: 2 })
  const left = members.map((each) => crowd.add(each)?.name)
  return { crowd, left: left.filter((name) => name !== undefined) }
}
const namesIn = (crowd: Crowd<Named>) => [...crowd.members()].map(({ name }) => name)

describe('the connections of an edge', () => {
  test('beyond the bound of one network close the oldest idle one of that network', () => {
    const { crowd, left } = crowdOf(member('b', 'y'), member('a1', 'x'), member('a2', 'x'), member('a3', 'x'))
    expect(left).toEqual(['a1'])
    expect(namesIn(crowd)).toEqual(['b', 'a2', 'a3'])
  })

  test('beyond the total bound close the oldest idle one, of any network', () => {
    const { left } = crowdOf(
      member('busy', 'x', false),
      member('a', 'x'),
      member('b', 'y'),
      member('c', 'z'),
      member('d', 'w'),
    )
    expect(left).toEqual(['a'])
  })

  test('are not accepted if none is idle', () => {
    const busy = ['x', 'y', 'z', 'w'].map((network) => member(network, network, false))
    const { crowd, left } = crowdOf(...busy, member('new', 'v'))
    expect(left).toEqual(['new'])
    expect(crowd.size).toBe(4)
  })

  test('of a trusted proxy may fill the bound, and are closed last', () => {
    const proxies = ['p1', 'p2', 'p3'].map((name) => member(name, undefined))
    expect(crowdOf(...proxies, member('p4', undefined)).left).toEqual([])
    expect(crowdOf(...proxies, member('a', 'x'), member('p4', undefined)).left).toEqual(['a'])
    expect(crowdOf(...proxies, member('p4', undefined), member('p5', undefined)).left).toEqual(['p1'])
  })

  test('free their slot when they close, also in their network', () => {
    const [first, second, third] = [member('a1', 'x'), member('a2', 'x'), member('a3', 'x')]
    const crowd = new Crowd<Named>({ connectionsMax: 4, networkMax: 2 })
    crowd.add(first)
    crowd.add(second)
    crowd.delete(first)
    expect(crowd.add(third)).toBeUndefined()
    expect(crowd.size).toBe(2)
  })
})

test('as many connections are accepted as leave descriptors for other uses', () => {
  expect(boundsFor(200, httpLimits)).toEqual({ connectionsMax: 136, networkMax: 34 })
  expect(boundsFor(1_000_000, httpLimits).connectionsMax).toBe(httpLimits.connectionsMax)
  expect(boundsFor(undefined, httpLimits).connectionsMax).toBe(httpLimits.connectionsUnknownMax)
  expect(boundsFor(10, httpLimits)).toEqual({ connectionsMax: 1, networkMax: 1 })
})

import { describe, expect, test } from 'vitest'
import { type ListenerRequest, placeListener } from '../../../shared/draw/place-listener.ts'
import { retryAfterSeconds, sentBackBy, withSentBack } from '../../../shared/draw/redirect.ts'
import { isHeld, ownDeadlineMs } from '../../../shared/draw/server.ts'
import { isRangeProbe } from '../../../shared/draw/sticky.ts'
import { urlOf } from '../../../shared/draw/ways.ts'
import { live, viewOf, withSlots } from '../../kit/parts/draws.ts'
import { seededRoll, serverOf } from '../../kit/parts/reports.ts'

const seeds = Array.from({ length: 20 }, (_, seed) => seed)

/** Where a listener goes by each of twenty dice, and how many of the redirects were counted. */
function placed(over: Partial<ListenerRequest> = {}) {
  const view = viewOf(withSlots('a', 100), withSlots('b', 100))
  let counted = 0
  const went = seeds.map((seed) => {
    const redirected = () => {
      counted++
    }
    const deps = { config: { httpsOnly: false }, nowMs: () => 0, roll: seededRoll(seed), redirected }
    const answer = placeListener(view, { ...usual, ...over }, deps)
    return typeof answer === 'string' ? answer : answer.id
  })
  return { ids: [...new Set(went)].toSorted(), counted }
}
const usual: ListenerRequest = {
  mount: live,
  query: '',
  head: false,
  userAgent: 'VLC/3.0',
  range: null,
  relay: false,
  needsRoom: true,
  sender: { secure: false, address: '192.0.2.1' },
}

describe('a listener', () => {
  test('goes where the dice say, and one of Apple goes to the same server within a minute', () => {
    expect(placed().ids).toEqual(['a', 'b'])
    expect(placed({ userAgent: 'AppleCoreMedia/1.0' }).ids).toHaveLength(1)
    expect(placed({ range: 'bytes=0-1' }).ids).toHaveLength(1)
    expect(['bytes=0-1', 'bytes=0-', null].map(isRangeProbe)).toEqual([true, false, false])
  })

  test('does not go to the server that sent it back, unless that was another time', () => {
    expect(placed({ query: '?x=a' }).ids).toEqual(['b'])
    expect(placed({ query: '?x=-' }).ids).toEqual(['a', 'b'])
    const deps = { config: { httpsOnly: false }, nowMs: () => 0, roll: () => 0.5, redirected: () => {} }
    const backTo = (id: string) =>
      placeListener(viewOf(withSlots(id, 100)), { ...usual, query: `?x=${id}` }, deps)
    expect(backTo('a')).toBe('no room')
    expect(backTo('-'), 'a server may have this id').toMatchObject({ id: '-' })
  })

  test('has the same dice as long as its address or its program is unknown', () => {
    const sender = { secure: false, address: undefined }
    expect(placed({ userAgent: undefined, range: 'bytes=0-1', sender }).ids).toHaveLength(1)
    const agents = Array.from(
      { length: 20 },
      (_, i) => placed({ userAgent: `AppleCoreMedia/${i}`, sender }).ids[0],
    )
    expect([...new Set(agents)].toSorted()).toEqual(['a', 'b'])
  })

  test('of Apple is spread over the servers by its address', () => {
    const ids = Array.from({ length: 20 }, (_, i) => {
      const sender = { secure: false, address: `192.0.2.${i}` }
      return placed({ userAgent: 'AppleCoreMedia/1.0', sender }).ids[0]
    })
    expect([...new Set(ids)].toSorted()).toEqual(['a', 'b'])
  })

  test('that this program gets itself stays here, and is not counted', () => {
    const view = viewOf(withSlots('me', 100))
    view.ownId = 'me'
    const redirected = () => {
      throw new Error('it is counted')
    }
    const deps = { config: { httpsOnly: false }, nowMs: () => 0, roll: () => 0.5, redirected }
    expect(placeListener(view, usual, deps)).toBe('here')
  })

  test('gets a url of its address family where servers name addresses', () => {
    const view = viewOf(withSlots('a', 100, { urls: ['http://192.0.2.7', 'http://[2001:db8::7]'] }))
    const deps = { config: { httpsOnly: false }, nowMs: () => 0, roll: () => 0.5, redirected: () => {} }
    const to = (address: string) =>
      placeListener(view, { ...usual, sender: { secure: false, address } }, deps)
    expect(to('2001:db8::1')).toMatchObject({ location: 'http://[2001:db8::7]/live.mp3' })
    expect(to('192.0.2.1')).toMatchObject({ location: 'http://192.0.2.7/live.mp3' })
    const named = viewOf(withSlots('a', 100, { urls: ['http://192.168.0.7'] }))
    const local = { ...usual, sender: { secure: false, address: 'fd00::1' } }
    expect(placeListener(named, local, deps), 'a local machine has both').toMatchObject({ id: 'a' })
  })

  test('is counted, except for a HEAD, a probe, and one that needs no room', () => {
    expect(placed().counted).toBe(20)
    for (const over of [{ head: true }, { range: 'bytes=0-1' }, { needsRoom: false }])
      expect(placed(over).counted).toBe(0)
  })

  test('that finds no room comes back after 5 to 15 s', () => {
    expect([0, 0.5, 0.999].map(retryAfterSeconds)).toEqual([5, 10, 15])
  })

  test('was sent back by the value of x, and of no other parameter', () => {
    expect(['?max=1', '?max=1&x=b', '?x=%5B::1%5D', '?x=%'].map(sentBackBy)).toEqual([
      undefined,
      'b',
      '[::1]',
      '%',
    ])
    expect(withSentBack('?a=1&&x=b&x&xs=2', 'c:8000')).toBe('?a=1&xs=2&x=c%3A8000')
  })
})

test('a relay that came by https gets the https url of its master, where there is one', () => {
  const master = serverOf('m', { urls: ['http://m.example', 'https://m.example'] })
  expect(urlOf(live, master, { secure: true })).toBe('https://m.example/live.mp3')
  expect(urlOf(live, master, { secure: false })).toBe('http://m.example/live.mp3')
  const literal = serverOf('m', { urls: ['http://192.0.2.7', 'http://[2001:db8::7]'] })
  expect(urlOf(live, literal, { secure: true, family: 'ipv6' })).toBe('http://[2001:db8::7]/live.mp3')
})

test('a server whose report is late is held after its own deadline, until it is not held any more', () => {
  const server = serverOf('a')
  const ownMs = ownDeadlineMs(server)
  const held = { ...server, heldUntilMs: ownMs + 1000 }
  const atMs = [ownMs, ownMs + 1, ownMs + 1000, ownMs + 1001]
  expect(atMs.map((ms) => isHeld(held, ms))).toEqual([false, true, true, false])
})

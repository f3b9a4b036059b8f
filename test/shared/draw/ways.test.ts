import { describe, expect, test } from 'vitest'
import { decide } from '../../../shared/draw/decide.ts'
import { View } from '../../../shared/draw/view.ts'
import { basesOf, hasLiteral, wayIndex } from '../../../shared/draw/ways.ts'
import { type Family, familyOf } from '../../../shared/http/address.ts'
import { mountOf, seededRoll, serverOf } from '../../kit/parts/reports.ts'

const live = mountOf('/live.mp3')

describe('the url of a server is the first that fits the listener', () => {
  const urls = [
    'http://192.0.2.7:8000',
    'https://[2001:db8::7]:8443',
    'http://[2001:db8::7]:8000',
    'https://relay.example:8443',
  ]
  test.for<[boolean, Family | undefined, string | undefined]>([
    [false, 'ipv4', 'http://192.0.2.7:8000'],
    [false, 'ipv6', 'http://[2001:db8::7]:8000'],
    [false, undefined, 'http://192.0.2.7:8000'],
    [true, 'ipv4', 'https://relay.example:8443'],
    [true, 'ipv6', 'https://[2001:db8::7]:8443'],
    [true, undefined, 'https://[2001:db8::7]:8443'],
  ])('by https %s and %s: %s', ([secure, family, url]) => {
    expect(basesOf(urls, false)[wayIndex(secure, family)]).toBe(url)
  })

  test.for<[string, Family, boolean]>([
    ['http://192.0.2.7', 'ipv6', false],
    ['http://[2001:db8::7]', 'ipv4', false],
    ['http://[::ffff:c000:207]:8000', 'ipv4', true],
    ['http://[::ffff:c000:207]:8000', 'ipv6', false],
    ['http://[64:ff9b::c000:207]', 'ipv6', true],
    ['http://[64:ff9b::c000:207]', 'ipv4', false],
    ['http://1.2.3.4.example', 'ipv6', true],
    ['http://relay.example', 'ipv6', true],
  ])('%s is of use over %s: %s', ([url, family, fits]) => {
    expect(basesOf([url], false)[wayIndex(false, family)]).toBe(fits ? url : undefined)
  })
})

/** Where 200 listeners of an address go. */
function drawn(urls: Record<string, string[]>, address: string, secure = false) {
  const view = new View(100)
  for (const [id, each] of Object.entries(urls)) view.put(serverOf(id, { urls: each }))
  const roll = seededRoll(1)
  const found = new Set<string>()
  for (let i = 0; i < 200; i++) {
    const asked = { mount: live, secure, relay: false, family: familyOf(address), address }
    const decision = decide(view, asked, 0, roll, { httpsOnly: false })
    found.add(typeof decision === 'string' ? decision : decision.url)
  }
  return [...found].sort()
}

describe('a server with a url of the other address family gets no such listener', () => {
  const both = { four: ['http://192.0.2.7:8000'], six: ['http://[2001:db8::7]:8000'] }
  const four = 'http://192.0.2.7:8000/live.mp3'
  const six = 'http://[2001:db8::7]:8000/live.mp3'
  test.for<[string, string]>([
    ['2001:db8::1', six],
    ['192.0.2.1', four],
    ['::ffff:192.0.2.1', four],
    ['64:ff9b::192.0.2.1', four],
    ['::1', six],
    ['127.0.0.1', four],
  ])('200 listeners of %s all go to %s', ([address, url]) => {
    expect(drawn(both, address)).toEqual([url])
  })

  test('a listener of unknown address goes to either', () => {
    expect(drawn(both, 'unknown')).toEqual([four, six])
  })

  test('a server with a host name gets both', () => {
    const named = { ...both, named: ['http://relay.example'] }
    expect(drawn(named, '2001:db8::1')).toEqual([six, 'http://relay.example/live.mp3'])
  })

  test('of several urls the first that fits is drawn', () => {
    const two = { dual: ['http://192.0.2.7', 'http://[2001:db8::7]'] }
    expect(drawn(two, '2001:db8::1')).toEqual(['http://[2001:db8::7]/live.mp3'])
  })

  test('if there is no other server, there is no room', () => {
    expect(drawn({ four: both.four }, '2001:db8::1')).toEqual(['no room'])
    expect(drawn({ six: both.six }, '192.0.2.1')).toEqual(['no room'])
  })

  test('an https listener falls back to an http url of its own family', () => {
    const tls = { four: ['https://192.0.2.7'], six: both.six }
    expect(drawn(tls, '2001:db8::1', true)).toEqual([six])
  })

  test('on a local network a machine has both families: [::1] reaches 127.0.0.1', () => {
    expect(drawn({ demo: ['http://127.0.0.1:8002'] }, '::1')).toEqual(['http://127.0.0.1:8002/live.mp3'])
    expect(drawn({ lan: ['http://192.168.1.5'] }, 'fd00::7')).toEqual(['http://192.168.1.5/live.mp3'])
  })
})

test('a changed url counts from the next report on, and families do not matter once no url is an address', () => {
  const view = new View(100)
  view.put(serverOf('a', { urls: ['http://192.0.2.7'] }))
  const ask = () =>
    decide(
      view,
      { mount: live, secure: false, relay: false, family: 'ipv6', address: '2001:db8::1' },
      0,
      () => 0.5,
      { httpsOnly: false },
    )
  expect([ask(), view.hasLiterals]).toEqual(['no room', true])
  view.put(serverOf('a', { urls: ['http://192.0.2.7', 'http://[2001:db8::7]'] }))
  expect(ask()).toMatchObject({ url: 'http://[2001:db8::7]/live.mp3' })
  view.put(serverOf('a', { urls: ['http://relay.example'] }))
  expect([ask(), view.hasLiterals]).toMatchObject([{ url: 'http://relay.example/live.mp3' }, false])
  view.put(serverOf('a', { urls: ['http://192.0.2.7'] }))
  view.remove('a')
  expect(view.hasLiterals).toBe(false)
})

test('one address among names of a server makes families matter', () => {
  expect(hasLiteral(['http://relay.example', 'http://192.0.2.7'])).toBe(true)
  expect(hasLiteral(['http://relay.example', 'http://x/http://192.0.2.7'])).toBe(false)
  expect(hasLiteral([])).toBe(false)
})

test('a relay gets the url of a master that fits its family, else any', () => {
  const view = new View(100)
  view.put(serverOf('m', { role: 'master', urls: ['http://192.0.2.7', 'http://[2001:db8::7]'] }))
  const ask = (family: Family) =>
    decide(view, { mount: live, secure: false, relay: true, family }, 0, () => 0, { httpsOnly: false })
  expect(ask('ipv6')).toMatchObject({ url: 'http://[2001:db8::7]/live.mp3' })
  view.put(serverOf('m', { role: 'master', urls: ['http://192.0.2.7'] }))
  expect(ask('ipv6')).toMatchObject({ url: 'http://192.0.2.7/live.mp3' })
})

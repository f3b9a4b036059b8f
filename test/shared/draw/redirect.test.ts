import { describe, expect, test } from 'vitest'
import {
  corsHeaders,
  isRelayAgent,
  locationOf,
  preflightHeaders,
  retryAfterSeconds,
  sentBackBy,
  withSentBack,
} from '../../../shared/draw/redirect.ts'
import { serverAgent } from '../../../shared/version.ts'

test('a preflight allows a login only where it asks for one', () => {
  for (const asked of [null, undefined, '', 'icy-metadata', 'x-authorization', 'authorization-x'])
    expect(preflightHeaders(asked), String(asked)).toBe(corsHeaders)
  for (const asked of ['authorization', 'Icy-MetaData, Authorization', 'range,AUTHORIZATION,icy-metadata'])
    expect(preflightHeaders(asked), asked).toEqual({
      ...corsHeaders,
      'Access-Control-Allow-Headers': 'Icy-MetaData, Range, Authorization',
    })
})

test('a send-back replaces all others, and keeps the rest of the query', () => {
  expect(withSentBack('?a=1&x=old&&x&xy=2&x=', 'me')).toBe('?a=1&xy=2&x=me')
  expect(withSentBack('?', 'me')).toBe('?x=me')
  expect(withSentBack('?max=1&fx', 'me')).toBe('?max=1&fx&x=me')
  expect(withSentBack('a?=1', 'me')).toBe('?a?=1&x=me')
})

test('the first x of a query counts, also one that is empty or stands first without a question mark', () => {
  expect(['?a=1&x=b&x=c', 'x=b', '?x=', '?x', '?max=1', '?a=?x=1', ''].map(sentBackBy)).toEqual([
    'b',
    'b',
    '',
    undefined,
    undefined,
    undefined,
    undefined,
  ])
})

describe('S4: the Location', () => {
  const to = (query: string) => locationOf('http://s:8000/caf%C3%A9', query)
  test('is the server, the mount and the query as it came', () => {
    expect(to('')).toBe('http://s:8000/caf%C3%A9')
    expect(to('?a=1&b=%20&c')).toBe('http://s:8000/caf%C3%A9?a=1&b=%20&c')
    expect(to('?max=3')).toBe('http://s:8000/caf%C3%A9?max=3')
  })
  test('of a listener that was sent back has a single x=-', () => {
    expect(to('?x=relay1')).toBe('http://s:8000/caf%C3%A9?x=-')
    expect(to('?a=1&x=relay1&b=2&x=other')).toBe('http://s:8000/caf%C3%A9?a=1&x=-&b=2')
    expect(to('?x=relay1&&a&x=-')).toBe('http://s:8000/caf%C3%A9?x=-&&a')
    expect(withSentBack('', 'relay:1[')).toBe('?x=relay%3A1%5B')
    expect([sentBackBy('?x=a%5Bb'), sentBackBy('?a=x=1'), sentBackBy('?x=%zz'), sentBackBy('?xx=1')]).toEqual(
      ['a[b', undefined, '%zz', undefined],
    )
  })
})

test('S11: Icecast, its forks and our servers are recognized by the beginning of their User-Agent, in any case', () => {
  for (const agent of ['Icecast 2.4.4', 'icecast 2.4.0-kh22', 'ICECAST', serverAgent])
    expect(isRelayAgent(agent)).toBe(true)
  for (const agent of ['VLC/3.0 Icecast', 'Lavf/59', '', null, undefined])
    expect(isRelayAgent(agent)).toBe(false)
})

test('a crowd without room is asked to return after 5 to 15 s', () => {
  expect([retryAfterSeconds(0), retryAfterSeconds(0.999999)]).toEqual([5, 15])
})

import { expect, test } from 'vitest'
import { corsHeaders, preflightHeaders, sentBackBy, withSentBack } from '../../../shared/draw/redirect.ts'

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

import { expect, test } from 'vitest'
import { otherSite } from '../../../shared/http/other-site.ts'

const asked = (headers: Record<string, string>, ...hosts: (string | undefined)[]) =>
  otherSite(new Headers(headers), hosts)

test.for<[string, Record<string, string>]>([
  ['a tool, which names no page', {}],
  ['a page of ours', { Origin: 'http://edge.example:8000', Referer: 'http://edge.example:8000/' }],
  ['a page of ours behind a proxy that ends TLS', { Origin: 'https://edge.example:8000' }],
  ['a page of ours whose Origin is kept back', { Origin: 'null', 'Sec-Fetch-Site': 'same-origin' }],
  ['an address that was typed in', { 'Sec-Fetch-Site': 'none' }],
  ['an empty Referer', { Referer: '' }],
  ['the case of a host, which does not count', { Origin: 'http://EDGE.example:8000' }],
])('%s may ask for a change', ([, headers]) => {
  expect(asked(headers, 'edge.example:8000')).toBeUndefined()
})

test.for<[string, Record<string, string>]>([
  ['a page of another host', { Origin: 'http://evil.example' }],
  ['one that only its Referer tells', { Referer: 'http://evil.example/page?edge.example:8000' }],
  [
    'another host behind our own Origin',
    { Origin: 'http://edge.example:8000', Referer: 'http://evil.example/' },
  ],
  ['another port of our host', { Origin: 'http://edge.example:8001' }],
  ['a host that begins as ours', { Origin: 'http://edge.example:8000.evil.example' }],
  ['a user that looks as our host', { Referer: 'http://edge.example:8000@evil.example/' }],
  ['a page that hides where it comes from', { Origin: 'null' }],
  ['a page of no host', { Origin: 'chrome-extension://abcdef' }],
  ['an Origin that is none', { Origin: 'edge.example:8000' }],
  ['a page that the browser alone tells of', { 'Sec-Fetch-Site': 'cross-site' }],
  ['a neighbour that the browser alone tells of', { 'Sec-Fetch-Site': 'same-site' }],
])('%s may not', ([, headers]) => {
  expect(asked(headers, 'edge.example:8000')).toBeDefined()
})

test('without any name of our own every page belongs to another site', () => {
  expect(asked({ Origin: 'http://evil.example' }, undefined)).toBe('http://evil.example')
})

test('any of our names will do: a proxy may put its own in Host', () => {
  const hosts = ['127.0.0.1:8000', 'edge.example']
  expect(asked({ Origin: 'https://edge.example' }, ...hosts)).toBeUndefined()
  expect(asked({ Origin: 'http://127.0.0.1:8000' }, ...hosts)).toBeUndefined()
  expect(asked({ Origin: 'http://127.0.0.1:9000' }, ...hosts)).toBe('http://127.0.0.1:9000')
})

test('ports do not matter if a proxy sends our host without a port', () => {
  expect(asked({ Origin: 'http://edge.example:8000' }, 'edge.example')).toBeUndefined()
  expect(asked({ Origin: 'https://edge.example' }, 'edge.example:443')).toBeUndefined()
})

test('another port of our host is another site where the browser says so, though our port is not given', () => {
  const origin = { Origin: 'http://edge.example:3000' }
  expect(asked({ ...origin, 'Sec-Fetch-Site': 'same-origin' }, 'edge.example')).toBeUndefined()
  expect(asked({ ...origin, 'Sec-Fetch-Site': 'same-site' }, 'edge.example')).toBe(origin.Origin)
  const referer = { Referer: 'http://edge.example:3000/', 'Sec-Fetch-Site': 'same-site' }
  expect(asked(referer, 'edge.example')).toBe('http://edge.example:3000/')
  expect(
    asked({ Origin: 'http://edge.example', 'Sec-Fetch-Site': 'cross-site' }, 'edge.example'),
  ).toBeUndefined()
})

test('the named other site has no query', () => {
  expect(asked({ Referer: 'http://evil.example/p?pass=1#x' }, 'edge.example')).toBe('http://evil.example/p')
})

test('the own port of a scheme is ours where it is given', () => {
  expect(asked({ Origin: 'http://edge.example' }, 'edge.example:80')).toBeUndefined()
  expect(asked({ Origin: 'http://edge.example' }, 'edge.example:443')).toBe('http://edge.example')
  expect(asked({ Origin: 'x:http://edge.example' }, 'edge.example')).toBe('x:http://edge.example')
})

import { expect, test } from 'vitest'
import { isReachable, probedUrl, silencesAfter } from '../../shared/probe.ts'

test.for<[string, boolean]>([
  ['', true],
  ['silent', true],
  ['silent silent', true],
  ['silent silent silent', false],
  ['silent silent answered silent silent', true],
  ['silent silent silent silent', false],
  ['silent silent silent answered', true],
  ['silent silent silent silent silent answered silent', true],
])('after "%s" a server is reachable: %s', ([outcomes, reachable]) => {
  const silences = outcomes
    .split(' ')
    .reduce(
      (sum, outcome) =>
        outcome === '' ? sum : silencesAfter(sum, outcome === 'answered' ? 'answered' : 'silent'),
      0,
    )
  expect(isReachable(silences)).toBe(reachable)
})

test.for([
  'http://127.0.0.1:8000',
  'http://localhost:8000',
  'http://relay.localhost',
  'http://[::1]:8000',
  'http://[::ffff:127.0.0.1]',
  'http://0.0.0.0',
  'http://2130706433',
  'http://10.1.2.3',
  'http://172.16.0.1',
  'http://192.168.1.1',
  'http://100.64.0.1',
  'http://169.254.169.254',
  'http://[fe80::1]',
  'http://[fd00::1]',
  'http://[64:ff9b::7f00:1]',
])('%s is on the inside and not probed', (url) => {
  expect(probedUrl([url])).toBeUndefined()
})

test.for(['http://relay.example.org', 'http://192.0.2.7:8000', 'https://[2001:db8::1]', 'http://8.8.8.8'])(
  '%s is probed',
  (url) => {
    expect(probedUrl([url])).toBe(url)
  },
)

test('the first url that may be probed is', () => {
  expect(probedUrl(['http://10.0.0.1', 'https://relay.example.org', 'http://other.example.org'])).toBe(
    'https://relay.example.org',
  )
})

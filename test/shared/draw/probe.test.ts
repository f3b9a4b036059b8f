import { expect, test } from 'vitest'
import { isReachable, probedUrl, type Silence, silenceAfter } from '../../../shared/draw/probe.ts'

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
  const after = outcomes
    .split(' ')
    .filter((outcome) => outcome !== '')
    .reduce<Silence | undefined>(
      (before, outcome, atMs) =>
        silenceAfter(before, outcome === 'answered' ? 'answered' : 'silent', atMs, []),
      undefined,
    )
  expect(isReachable(after)).toBe(reachable)
})

test.for<[string, number[], boolean]>([
  ['one other is too few to tell', [0], false],
  ['two others that fell silent too: the way out is lost', [0, 9], true],
  ['one of them has been heard since', [0, 12], false],
])('five silences in a row from 10 to 14, and %s: reachable %s', ([, othersHeardMs, reachable]) => {
  let silence: Silence | undefined
  for (let atMs = 10; atMs < 15; atMs++) silence = silenceAfter(silence, 'silent', atMs, othersHeardMs)
  expect(isReachable(silence)).toBe(reachable)
})

test('a server that was unreachable before the prober lost its network stays unreachable', () => {
  const out = { count: 3, sinceMs: 10 }
  expect(isReachable(silenceAfter(out, 'silent', 20, [5, 5]))).toBe(false)
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

test('the first url that may be probed is probed', () => {
  expect(probedUrl(['http://10.0.0.1', 'https://relay.example.org', 'http://other.example.org'])).toBe(
    'https://relay.example.org',
  )
})

test('a silence does not count before its patience is over, and ends with an answer at its very moment', () => {
  const after = (times: readonly number[], patienceMs: number, othersHeardMs: readonly number[] = []) =>
    times.reduce<Silence | undefined>(
      (before, atMs) => silenceAfter(before, 'silent', atMs, othersHeardMs, patienceMs),
      undefined,
    )
  expect(isReachable(after([100, 110, 149], 50))).toBe(true)
  expect(isReachable(after([100, 110, 150], 50))).toBe(false)
  expect(isReachable(after([100, 110, 120], 0, [99, 99]))).toBe(true)
  expect(isReachable(after([100, 110, 120], 0, [99, 100]))).toBe(false)
})

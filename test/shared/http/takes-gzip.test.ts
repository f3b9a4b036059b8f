import { expect, test } from 'vitest'
import { encodingsOf, takesGzip } from '../../../shared/http/takes-gzip.ts'

let asked = 0
/** The same with a coding that nobody has named before: values are remembered. */
const fresh = (encodings: string) => `${encodings}, x${++asked}`

test.for<[string | null | undefined, boolean]>([
  ['gzip', true],
  ['GZIP', true],
  ['x-gzip', true],
  ['br, gzip;q=0.5', true],
  ['deflate , gzip ; q=1', true],
  ['gzip;q=0.001', true],
  ['gzip;q=0', false],
  ['gzip; q=0.00 ', false],
  ['gzip;q=0, gzip', false],
  ['gzip;xq=0', true],
  ['gzip2', false],
  ['agzip', false],
  ['br;gzip', false],
  ['*', false],
  ['', false],
  [null, false],
  [undefined, false],
])('a client that accepts %j takes gzip: %s, also the second time', ([encodings, takes]) => {
  const named = encodings ? fresh(encodings) : encodings
  expect([takesGzip(named), takesGzip(named), takesGzip(encodings)]).toEqual([takes, takes, takes])
})

test('what a client itself takes counts before what a proxy of the runtime says for it', () => {
  const headers = new Headers({ 'accept-encoding': 'br' })
  expect(encodingsOf({ encodings: 'gzip' }, headers)).toBe('gzip')
  expect(encodingsOf({}, headers)).toBe('br')
  expect(encodingsOf({}, new Headers())).toBeUndefined()
})

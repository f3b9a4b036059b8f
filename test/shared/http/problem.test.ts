import { expect, test } from 'vitest'
import { problemOf } from '../../../shared/http/problem.ts'

const coded = (code: string, message = code) => Object.assign(new Error(message), { code })
const failed = (cause: unknown) => new TypeError('fetch failed', { cause })

// the wording of Node, Bun and Deno
test.for<[unknown, string]>([
  [failed(coded('ECONNREFUSED', 'connect ECONNREFUSED 192.0.2.1:8000')), 'connection refused'],
  [coded('ECONNREFUSED', 'Unable to connect. Is the computer able to access the url?'), 'connection refused'],
  [
    new TypeError(
      'error sending request for url (http://certificate.example:8000/): client error (Connect): tcp connect error: Connection refused (os error 111)',
    ),
    'connection refused',
  ],
  [failed(coded('EHOSTUNREACH')), 'no route to host'],
  [
    new TypeError('client error (Connect): tcp connect error: No route to host (os error 113)'),
    'no route to host',
  ],
  [coded('ENOTFOUND', 'getaddrinfo ENOTFOUND gone.example'), 'its name has no address'],
  [new Error('no answer within 5000 ms'), 'no answer in time'],
  [failed(coded('UND_ERR_CONNECT_TIMEOUT')), 'no answer in time'],
  [failed(coded('UND_ERR_SOCKET', 'other side closed')), 'connection closed without an answer'],
  [new Error('Network connection lost.'), 'connection closed without an answer'],
  [failed(coded('CERT_HAS_EXPIRED', 'certificate has expired')), 'its certificate has expired'],
  [
    failed(coded('ERR_SSL_WRONG_VERSION_NUMBER', 'tls_validate_record_header:wrong version number')),
    'it does not speak TLS on this port',
  ],
  [
    coded('EPROTO', 'The TLS handshake failed. Does the server speak TLS on this port?'),
    'it does not speak TLS on this port',
  ],
  [
    new TypeError('client error (Connect): received corrupt message of type InvalidContentType'),
    'it does not speak TLS on this port',
  ],
  [
    failed(coded('DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate; if the root CA is installed')),
    'its certificate is self-signed',
  ],
  [coded('DEPTH_ZERO_SELF_SIGNED_CERT', 'self signed certificate'), 'its certificate is self-signed'],
  [
    failed(coded('ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames")),
    'its certificate is for another name',
  ],
  [
    failed(coded('UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate')),
    'no TLS, or a certificate that is not accepted',
  ],
  [
    coded('ResponseHeadersTooLarge', 'ResponseHeadersTooLarge fetching "http://a.example/"'),
    'an answer with a head that is too long',
  ],
  [
    failed(coded('UND_ERR_HEADERS_OVERFLOW', 'Headers Overflow Error')),
    'an answer with a head that is too long',
  ],
  [failed(coded('HPE_INVALID_CONSTANT', 'Expected HTTP/')), 'an answer that is not HTTP'],
  [failed(new AggregateError([coded('ENETUNREACH'), coded('ECONNREFUSED')])), 'connection refused'],
  [new Error('what\nelse'), 'what else'],
])('%s: %s', ([error, text]) => {
  expect(problemOf(error)).toMatchObject({ text, isOurs: false })
})

test.for<[string, unknown]>([
  ['a port that fetch refuses', failed(new Error('bad port'))],
  ['the same on Deno', new TypeError('Fetch failed: Requests to port 6667 are blocked')],
  ['a resolver that is away', coded('EAI_AGAIN', 'getaddrinfo EAI_AGAIN relay.example')],
  ['no way out', failed(coded('ENETUNREACH'))],
  ['no way out by any family', failed(new AggregateError([coded('ENETUNREACH'), coded('EADDRNOTAVAIL')]))],
  ['no descriptors', failed(coded('EMFILE', 'too many open files'))],
])('%s says nothing about the server', ([, error]) => {
  expect(problemOf(error).isOurs).toBe(true)
})

test('an unknown name is told apart, what was thrown may be anything, and a text is short', () => {
  const of = (error: unknown) => {
    const { text, isOurs, isUnknownName } = problemOf(error)
    return [text, isOurs, isUnknownName]
  }
  expect(of(coded('ENOTFOUND', 'getaddrinfo ENOTFOUND gone.example'))).toEqual([
    'its name has no address',
    false,
    true,
  ])
  expect(of(coded('ECONNREFUSED'))).toEqual(['connection refused', false, false])
  expect(of('odd\u0000')).toEqual(['odd', false, false])
  expect(of(new Error(`${'x'.repeat(99)}yz`))[0]).toBe(`${'x'.repeat(99)}y`)
  expect(of(new Error(''))).toEqual(['no answer', false, false])
  expect(of(new AggregateError([]))).toEqual(['no answer', false, false])
  expect(of(coded('E', 'at https://certificate.example/ it'))[0]).toBe('E at  it')
})

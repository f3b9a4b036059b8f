import { describe, expect, test } from 'vitest'
import { ForwardedFacts } from '../../../edge/listener/forwarded.ts'
import { splitRequestUrl } from '../../../edge/listener/request-url.ts'
import { parseBlock } from '../../../shared/http/address.ts'

const proxies = [parseBlock('10.0.0.0/8'), parseBlock('::1')]
const factsOf = (headers: Record<string, string>, peer: string | undefined, publicUrl?: string) =>
  new ForwardedFacts(
    { headers: new Headers(headers) },
    { address: peer, secure: false },
    { proxies, publicUrls: publicUrl?.split(' ') ?? [] },
  )

describe('the address of a listener', () => {
  test.each([
    ['is the peer where nothing was forwarded', {}, '192.0.2.1', '192.0.2.1'],
    ['is the peer where it is not trusted', { 'X-Forwarded-For': '1.1.1.1' }, '192.0.2.1', '192.0.2.1'],
    ['is what a trusted proxy says', { 'X-Forwarded-For': '1.1.1.1' }, '10.1.1.1', '1.1.1.1'],
    ['is read from the right', { 'X-Forwarded-For': '6.6.6.6, 1.1.1.1' }, '10.1.1.1', '1.1.1.1'],
    ['is read past every trusted hop', { 'X-Forwarded-For': '6.6.6.6, 1.1.1.1, 10.2.2.2' }, '::1', '1.1.1.1'],
    ['may have a port', { 'X-Forwarded-For': '1.1.1.1:5000' }, '10.1.1.1', '1.1.1.1'],
    ['may be IPv6 in brackets', { 'X-Forwarded-For': '[2001:db8::1]:5000' }, '10.1.1.1', '2001:db8::1'],
    ['is the last one that is an address', { 'X-Forwarded-For': 'unknown' }, '10.1.1.1', '10.1.1.1'],
    ['may be IPv4 mapped to IPv6', { 'X-Forwarded-For': '1.1.1.1' }, '::ffff:10.1.1.1', '1.1.1.1'],
  ] as [string, Record<string, string>, string, string][])('%s', (_, headers, peer, address) =>
    expect(factsOf(headers, peer).address).toBe(address),
  )
})

describe('a request came by https', () => {
  test.each([
    ['never by word of a stranger', { 'X-Forwarded-Proto': 'https' }, '192.0.2.1', false],
    ['by word of a trusted proxy', { 'X-Forwarded-Proto': 'https' }, '10.1.1.1', true],
    ['not by word of who stood before that proxy', { 'X-Forwarded-Proto': 'https, http' }, '10.1.1.1', false],
    [
      'according to the first of two trusted proxies',
      { 'X-Forwarded-Proto': 'https, http', 'X-Forwarded-For': '1.1.1.1, 10.2.2.2' },
      '10.1.1.1',
      true,
    ],
  ] as [string, Record<string, string>, string, boolean][])('%s', (_, headers, peer, secure) =>
    expect(factsOf(headers, peer).secure).toBe(secure),
  )
})

describe('the addresses of an edge, by scheme', () => {
  const https = 'https://radio.example'
  test.each<[string, Record<string, string>, string, string | undefined, string[], string | undefined]>([
    ['only a Host', { Host: 'a.example' }, '192.0.2.1', undefined, ['http://a.example'], 'http://a.example'],
    [
      'an http request for the name of an https PUBLIC_URL, which shows where http is',
      { Host: 'radio.example:8000' },
      '192.0.2.1',
      https,
      [https, 'http://radio.example:8000'],
      'http://radio.example:8000',
    ],
    [
      'an http request for another name, which is assumed to be on port 80, only for the listener',
      { Host: '10.0.0.5:8000' },
      '192.0.2.1',
      https,
      [https],
      'http://radio.example',
    ],
    [
      'an http request for another name than that of a port',
      { Host: '10.0.0.5:8000' },
      '192.0.2.1',
      'https://radio.example:8443',
      ['https://radio.example:8443'],
      'https://radio.example:8443',
    ],
    [
      'an untrusted proxy, which itself was asked by https',
      { Host: 'radio.example', 'X-Forwarded-Proto': 'https' },
      '192.0.2.1',
      https,
      [https],
      https,
    ],
    [
      'an https request through a trusted proxy',
      { Host: 'radio.example', 'X-Forwarded-Proto': 'https' },
      '10.1.1.1',
      'http://radio.example:8000',
      ['http://radio.example:8000', https],
      https,
    ],
    [
      'two in PUBLIC_URL, which leave nothing to guess',
      { Host: 'radio.example:8000' },
      '192.0.2.1',
      `${https} http://old.radio.example`,
      [https, 'http://old.radio.example'],
      'http://old.radio.example',
    ],
    ['no Host', {}, '192.0.2.1', undefined, [], undefined],
    [
      'a Host with an invalid port',
      { Host: 'radio.example:99999' },
      '192.0.2.1',
      https,
      [https],
      'http://radio.example',
    ],
  ])('%s', (_, headers, peer, publicUrl, bases, here) => {
    const facts = factsOf(headers, peer, publicUrl)
    expect([facts.bases, facts.here]).toEqual([bases, here])
  })
})

describe("the edge's own address", () => {
  test.each([
    ['is the Host', { Host: 'edge.example:8000' }, '192.0.2.1', 'http://edge.example:8000'],
    ['is undefined for an invalid Host', { Host: 'a b"><script>' }, '192.0.2.1', undefined],
    ['is nothing without a Host', {}, '192.0.2.1', undefined],
    ['may be IPv6', { Host: '[2001:db8::5]:8000' }, '192.0.2.1', 'http://[2001:db8::5]:8000'],
    [
      'is forwarded by a trusted proxy',
      { Host: 'inner', 'X-Forwarded-Host': 'radio.example', 'X-Forwarded-Proto': 'https' },
      '10.1.1.1',
      'https://radio.example',
    ],
    [
      'is not forwarded by others',
      { Host: 'inner', 'X-Forwarded-Host': 'evil.example' },
      '192.0.2.1',
      'http://inner',
    ],
  ] as [string, Record<string, string>, string, string | undefined][])('%s', (_, headers, peer, base) =>
    expect(factsOf(headers, peer).base).toBe(base),
  )

  test('is PUBLIC_URL whatever the request says', () =>
    expect(factsOf({ Host: 'other' }, '192.0.2.1', 'https://radio.example').base).toBe(
      'https://radio.example',
    ))
})

describe('a loopback Host', () => {
  const ownOf = (headers: Record<string, string>, address: string, isOld = false) =>
    new ForwardedFacts(
      { headers: new Headers({ Host: '127.0.0.1:8000', ...headers }), isOld },
      { address, secure: false },
      { proxies, publicUrls: [] },
    )
  test.each<[string, Record<string, string>, string, boolean]>([
    ['of a proxy of the nginx kind, which uses HTTP/1.0', {}, '127.0.0.1', true],
    [
      'of a proxy that names a client, and is not trusted',
      { 'X-Forwarded-For': '192.0.2.9' },
      '127.0.0.1',
      false,
    ],
    ['of a trusted proxy that names the client', { 'X-Forwarded-For': '192.0.2.9' }, '::1', false],
    ['from elsewhere', {}, '192.0.2.9', false],
    ['from elsewhere, by name', { Host: 'localhost' }, '192.0.2.9', false],
    ['from elsewhere, unspecified', { Host: '0.0.0.0:8000' }, '192.0.2.9', false],
  ])('%s is not the address of the edge', (_, headers, address, isOld) => {
    const facts = ownOf(headers, address, isOld)
    expect([facts.base, facts.bases, facts.here, facts.isLooped]).toEqual([undefined, [], undefined, true])
  })

  test('from this machine is', () => {
    expect(ownOf({}, '127.0.0.1').base).toBe('http://127.0.0.1:8000')
    expect(ownOf({ 'X-Forwarded-For': '127.0.0.1' }, '::1').base).toBe('http://127.0.0.1:8000')
  })
})

describe('only path and query of a request URL count', () => {
  test.each([
    ['http://edge.example/m?a=b', '/m', '?a=b'],
    ['/m?a=b', '/m', '?a=b'],
    ['http://a b<>"/m', '/m', ''],
    ['http://edge.example', '/', ''],
    ['http://edge.example/m#f?x', '/m', ''],
    ['http://edge.example/m?a=1#f', '/m', '?a=1'],
    ['http://edge.example//evil.example/m', '//evil.example/m', ''],
    ['/m?u=http://other/', '/m', '?u=http://other/'],
  ])('%s', (url, path, query) => expect(splitRequestUrl(url)).toEqual({ path, query }))
})

import fc from 'fast-check'
import ipaddr from 'ipaddr.js'
import { describe, expect, test, vi } from 'vitest'
import { parseBlock } from '../../../shared/http/address.ts'
import { ForwardedClient, isForwarded, readForwarded, saysHttps } from '../../../shared/http/forwarded.ts'
import { UntrustedProxies } from '../../../shared/http/untrusted-proxies.ts'
import { limits } from '../../../shared/limits.ts'

const proxies = [parseBlock('10.0.0.0/8')]
const clientOf = (headers: Record<string, string>, address = '10.0.0.1', secure = false) =>
  new ForwardedClient(new Headers(headers), { address, secure }, proxies)

describe('Forwarded, from a trusted proxy', () => {
  test.each<[string, string, { address: string; secure: boolean; forwardedHost: string | undefined }]>([
    [
      'names address, scheme and host',
      'for=192.0.2.9;proto=https;host=radio.example',
      { address: '192.0.2.9', secure: true, forwardedHost: 'radio.example' },
    ],
    [
      'may be quoted, in any case and order, with a port',
      'Proto=HTTPS; Host="radio.example:8443" ;FOR="[2001:DB8::9]:4711"',
      { address: '2001:db8::9', secure: true, forwardedHost: 'radio.example:8443' },
    ],
    [
      'may name an address that needs quotes without them',
      'for=[2001:db8::9]:80',
      { address: '2001:db8::9', secure: false, forwardedHost: undefined },
    ],
    [
      'is read from the right: the part that a client sends does not count',
      'for=6.6.6.6;proto=https;host=evil.example, for=192.0.2.9;proto=http',
      { address: '192.0.2.9', secure: false, forwardedHost: undefined },
    ],
    [
      'is read past every trusted hop',
      'for=6.6.6.6;proto=http, for=192.0.2.9;proto=https, for=10.2.2.2;proto=http',
      { address: '192.0.2.9', secure: true, forwardedHost: undefined },
    ],
    [
      'hides nothing behind a quote that a client opens',
      'for="6.6.6.6, for=192.0.2.9;proto=https',
      { address: '192.0.2.9', secure: true, forwardedHost: undefined },
    ],
    [
      'may hide the client: then the proxy counts',
      'for=unknown;proto=https',
      { address: '10.0.0.1', secure: true, forwardedHost: undefined },
    ],
    [
      'may give an invented name',
      'for=_hidden',
      { address: '10.0.0.1', secure: false, forwardedHost: undefined },
    ],
    [
      'is ignored where it is malformed',
      'for=192.0.2.9 proto=https',
      { address: '10.0.0.1', secure: false, forwardedHost: undefined },
    ],
    [
      'is ignored where it names two clients',
      'for=192.0.2.9;for=192.0.2.8',
      { address: '10.0.0.1', secure: false, forwardedHost: undefined },
    ],
  ])('%s', (_, header, { address, secure, forwardedHost }) => {
    const client = clientOf({ Forwarded: header })
    expect([client.address, client.secure, client.forwardedHost]).toEqual([address, secure, forwardedHost])
  })

  test('does not count where there is an X-Forwarded-For: nginx passes it on as the client wrote it', () => {
    const client = clientOf({
      'X-Forwarded-For': '192.0.2.9',
      Forwarded: 'for=6.6.6.6;proto=https;host=evil.example',
    })
    expect([client.address, client.secure, client.forwardedHost]).toEqual(['192.0.2.9', false, undefined])
  })

  test('does not count from others', () => {
    const client = clientOf({ Forwarded: 'for=6.6.6.6;proto=https;host=evil.example' }, '192.0.2.1')
    expect([client.address, client.secure, client.forwardedHost]).toEqual(['192.0.2.1', false, undefined])
    expect(client.hidesHttps).toBe(true)
  })
})

test('a proxy that speaks TLS may pass on what it was asked by http', () => {
  expect(clientOf({}, '10.0.0.1', true).secure).toBe(true)
  expect(clientOf({ 'X-Forwarded-Proto': 'http' }, '10.0.0.1', true).secure).toBe(false)
  expect(clientOf({ 'X-Forwarded-Proto': 'http' }, '192.0.2.1', true).secure).toBe(true)
})

test('an address is written in one way, whatever the proxy writes', () => {
  for (const [said, address] of [
    ['::ffff:192.0.2.9', '192.0.2.9'],
    ['2001:DB8:0::9', '2001:db8::9'],
    ['192.0.2.9:5000', '192.0.2.9'],
  ] as const)
    expect(clientOf({ 'X-Forwarded-For': said }).address).toBe(address)
})

test('no header makes an untrusted peer another, and only the right end of one counts from a trusted one', () => {
  const said = fc.stringMatching(/^[a-z0-9=";:,.\\ [\]-]{0,60}$/)
  fc.assert(
    fc.property(said, (forged) => {
      for (const name of ['Forwarded', 'X-Forwarded-For']) {
        const stranger = clientOf({ [name]: forged }, '192.0.2.1')
        expect([stranger.address, stranger.secure]).toEqual(['192.0.2.1', false])
      }
      expect(clientOf({ 'X-Forwarded-For': `${forged}, 192.0.2.9` }).address).toBe('192.0.2.9')
      const added = clientOf({ Forwarded: `${forged}, for="192.0.2.9:80";proto=http` })
      expect([added.address, added.secure]).toEqual(['192.0.2.9', false])
    }),
  )
})

test('a header is read with work in proportion to its length, and to a bounded number of hops', () => {
  for (const filler of ['"', '\\', ',', 'a=', 'for=10.0.0.2, ', ' ', ';'])
    expect(readForwarded(filler.repeat(16_384 / filler.length)).length).toBeLessThanOrEqual(
      limits.forwardedHopsMax,
    )
  const long = clientOf({
    'X-Forwarded-For': `6.6.6.6, ${Array(limits.forwardedHopsMax).fill('10.0.0.2').join(', ')}`,
  })
  expect(long.address).toBe('10.0.0.2')
})

test('an address of IPv4 is read without the library, and the scheme once, however often they are asked for', () => {
  const parsed = [vi.spyOn(ipaddr, 'process'), vi.spyOn(ipaddr.IPv4, 'parse')]
  const get = vi.fn((name: string) => (name === 'x-forwarded-for' ? '192.0.2.9' : null))
  const client = new ForwardedClient({ get }, { address: '10.0.0.1', secure: false }, proxies)
  for (let i = 0; i < 3; i++) expect([client.address, client.secure]).toEqual(['192.0.2.9', false])
  expect(parsed.map((spy) => spy.mock.calls.length)).toEqual([0, 0])
  expect(get.mock.calls.flat().toSorted()).toEqual([
    'forwarded',
    'forwarded',
    'x-forwarded-for',
    'x-forwarded-proto',
  ])
  for (const spy of parsed) spy.mockRestore()
})

test('a proxy that is not trusted is told once, and a crowd that poses as one does not hide it', () => {
  const told = new UntrustedProxies()
  const strangers = Array.from({ length: 200 }, (_, i) => `203.0.113.${i}`)
  expect(strangers.filter((address) => told.isNew(address))).toHaveLength(limits.untrustedProxiesMax)
  expect(['172.17.0.2', '172.17.0.2'].map((address) => told.isNew(address))).toEqual([true, false])
})

describe('a Forwarded header', () => {
  const read = (header: string) => readForwarded(header).map((element) => Object.fromEntries(element))

  test('has commas, semicolons and quotes in its quotes', () => {
    expect(read('for="a,b";by=c, for="d\\"e;f"')).toEqual([{ for: 'a,b', by: 'c' }, { for: 'd"e;f' }])
    expect(read('for="a\\\\", for=b')).toEqual([{ for: 'a\\' }, { for: 'b' }])
    expect(read(' , for=a ,, ')).toEqual([{ for: 'a' }])
    expect(read('for="a,b\\\\", for=c')).toEqual([{ for: 'a,b\\' }, { for: 'c' }])
    expect(read('for=a, nonsense, for=b')).toEqual([{ for: 'b' }])
    expect(read('for=a;FOR=b')).toEqual([])
    expect(read('for=')).toEqual([{ for: '' }])
  })
})

test('a request that came straight from its client says so, and one through proxies does not', () => {
  expect(clientOf({}, '192.0.2.1').isDirect).toBe(true)
  expect(clientOf({ 'X-Forwarded-For': '192.0.2.9' }).isDirect).toBe(false)
  expect(new ForwardedClient(new Headers(), { address: undefined, secure: true }, proxies)).toMatchObject({
    address: undefined,
    secure: true,
    isDirect: true,
  })
  for (const name of ['X-Forwarded-For', 'Forwarded', 'X-Real-IP', 'Via'])
    expect(isForwarded(new Headers({ [name]: 'x' })), name).toBe(true)
  expect(isForwarded(new Headers({ Host: 'x' }))).toBe(false)
})

test('anybody may say that a request came by https, which hides it only while nobody trusted says so', () => {
  const says = (headers: Record<string, string>) => saysHttps(new Headers(headers))
  expect([says({ 'X-Forwarded-Proto': 'HTTPS' }), says({ Forwarded: 'for=a;proto="https"' })]).toEqual([
    true,
    true,
  ])
  expect([
    says({}),
    says({ 'X-Forwarded-Proto': 'http,https' }),
    says({ Forwarded: 'proto=httpsx' }),
  ]).toEqual([false, false, false])
  expect(clientOf({ 'X-Forwarded-Proto': 'https' }, '192.0.2.1').hidesHttps).toBe(true)
  expect(clientOf({}, '192.0.2.1').hidesHttps).toBe(false)
  expect(clientOf({ 'X-Forwarded-Proto': 'https' }, '192.0.2.1', true).hidesHttps).toBe(false)
})

test('a list of addresses may have empty parts, brackets and ports', () => {
  const addressBy = (list: string) => clientOf({ 'X-Forwarded-For': list }).address
  expect(
    [
      'a, , 192.0.2.9 ,',
      '[2001:db8::9]:80',
      '[2001:db8::9]',
      '192.0.2.9:http',
      'x[2001:db8::9]',
      '  ',
      ',',
    ].map(addressBy),
  ).toEqual(['192.0.2.9', '2001:db8::9', '2001:db8::9', '192.0.2.9', '10.0.0.1', '10.0.0.1', '10.0.0.1'])
})

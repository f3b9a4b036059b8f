import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import manifest from '../../../package.json' with { type: 'json' }
import { type Accounts, isAdmin, reporterOf } from '../../../shared/api/auth.ts'
import { inBlocks, isLoopbackHost, parseAddress, parseBlock } from '../../../shared/http/address.ts'
import {
  parseBasic,
  printBasic,
  sameSecret,
  secretBytes,
  textOfSecret,
} from '../../../shared/http/credentials.ts'
import { parseStreamList } from '../../../shared/report/stream-list.ts'
import { version } from '../../../shared/version.ts'

describe('credentials', () => {
  test('any user and password survive printing and parsing', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 40 })
    fc.assert(
      fc.property(
        text.filter((user) => !user.includes(':')),
        text,
        (user, password) => {
          expect(parseBasic(printBasic({ user, password }))).toEqual({ user, password })
        },
      ),
    )
  })

  test('S12: one NUL at the end, as Icecast 2.5.0 sends it as a slave, is removed; any other stays', () => {
    const read = (text: string) => parseBasic(`Basic ${btoa(text)}`)
    expect(read('relay:password\0')).toEqual({ user: 'relay', password: 'password' })
    expect(read('relay:password\0\0')?.password).toBe('password\0')
    expect(read('relay:pass\0word')?.password).toBe('pass\0word')
    expect(read('relay\0')).toBeUndefined()
  })

  test.each([
    null,
    undefined,
    '',
    'Basic',
    'Basic !!!',
    'Bearer abc',
    'Basic YQ==',
    `Basic ${'A'.repeat(2000)}`,
    'x Basic YTpi',
    'Basic YTpi!',
    'Basic =YTpi',
  ])('%j are none', (header) => expect(parseBasic(header)).toBeUndefined())

  test('secrets are equal only as a whole, and an empty one never is', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (a, b) => {
        expect(sameSecret(a, b)).toBe(a === b && b !== '')
        expect(sameSecret(a, a)).toBe(a !== '')
      }),
    )
    expect([sameSecret('', ''), sameSecret('a', ''), sameSecret('', 'a'), sameSecret('aa', 'a')]).toEqual([
      false,
      false,
      false,
      false,
    ])
  })

  test('are compared by their bytes: two different ones that are not UTF-8 stay different', () => {
    const basic = (bytes: number[]) => `Basic ${btoa(String.fromCharCode(...bytes))}`
    const relay = [...'relay:p'].map((char) => char.charCodeAt(0))
    const passwordOf = (...bytes: number[]) => parseBasic(basic([...relay, ...bytes]))?.password ?? ''
    const odd = [[0xff], [0xfe], [0x80], [0xef, 0xbf, 0xbd], [0xed, 0xb2, 0x80], [0xc3, 0xbc], [0xfc]]
    for (const a of odd)
      for (const b of odd) expect(sameSecret(passwordOf(...a), passwordOf(...b)), `${a} ${b}`).toBe(a === b)
    expect(passwordOf(0xc3, 0xbc)).toBe('pü')
    expect(parseBasic(basic([0xef, 0xbb, 0xbf, ...relay]))?.user, 'a mark of byte order').not.toBe('relay')
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 8 }), (bytes) => {
        expect(secretBytes(textOfSecret(bytes))).toEqual(bytes)
      }),
    )
  })

  test('prove a relay, the master, one server or nobody', () => {
    const accounts: Accounts = {
      relayUser: 'relay',
      relayPasswords: ['new', 'old'],
      adminUser: 'admin',
      adminPassword: 'adm',
      masterPassword: 'mas',
      relays: new Map([
        ['vps1', { password: 'own', role: 'slave' }],
        ['m1', { password: 'mine', role: 'master' }],
      ]),
    }
    const who = (user: string, password: string) => reporterOf(accounts, { user, password })
    expect([who('relay', 'new'), who('relay', 'old')]).toEqual([{ kind: 'relay' }, { kind: 'relay' }])
    expect(who('master', 'mas')).toEqual({ kind: 'master' })
    expect([who('vps1', 'own'), who('relay', 'own')]).toEqual([
      { kind: 'server', id: 'vps1', role: 'slave' },
      { kind: 'server', id: 'vps1', role: 'slave' },
    ])
    expect(who('m1', 'mine')).toEqual({ kind: 'server', id: 'm1', role: 'master' })
    for (const [user, password] of [
      ['relay', 'mas'],
      ['relay', ''],
      ['admin', 'adm'],
      ['vps2', 'own'],
      ['master', 'new'],
    ])
      expect(who(user ?? '', password ?? ''), `${user}:${password}`).toBeUndefined()
    expect(isAdmin(accounts, { user: 'admin', password: 'adm' })).toBe(true)
    expect(isAdmin(accounts, { user: 'relay', password: 'adm' })).toBe(false)
    expect(isAdmin({ ...accounts, adminPassword: undefined }, { user: 'admin', password: '' })).toBe(false)
  })
})

describe('addresses', () => {
  test.each([
    'localhost',
    'a.localhost',
    'localhost.',
    'a.localhost..',
    '127.0.0.1',
    '127.8.9.1',
    '[::1]',
    '::1',
    '0.0.0.0',
    '::',
    '::ffff:127.0.0.1',
  ])('%s is this machine alone', (host) => expect(isLoopbackHost(host)).toBe(true))
  test.each(['example.org', '10.0.0.1', '128.0.0.1', '2001:db8::1', 'localhost.example.org'])(
    '%s is not',
    (host) => expect(isLoopbackHost(host)).toBe(false),
  )
  test('a block contains its addresses, including IPv4 mapped to IPv6', () => {
    const blocks = ['10.0.0.0/8', '2001:db8::/32', '192.0.2.7'].map(parseBlock)
    const isInside = (text: string) => {
      const address = parseAddress(text)
      return address && inBlocks(address, blocks)
    }
    for (const inside of ['10.1.2.3', '::ffff:10.1.2.3', '2001:db8:1::1', '192.0.2.7'])
      expect(isInside(inside), inside).toBe(true)
    for (const outside of ['11.0.0.1', '2001:db9::1', '192.0.2.8'])
      expect(isInside(outside), outside).toBe(false)
    for (const none of ['nonsense', '', '1.2.3.4.5', '1.2.3.4:80'])
      expect(isInside(none), none).toBeUndefined()
    expect(() => parseBlock('10.0.0.0/99')).toThrow('"10.0.0.0/99" is neither an address nor a CIDR block')
  })
})

test('S8: a stream list is read as paths and as absolute URLs; what is neither is told', () => {
  const text =
    '/a.mp3\r\nhttp://m:8000/b.mp3\n/admin/streams?mount=/c.mp3\r\n\r\nhttps://m/d\nnonsense\n//x\n/%2e%2e/e\n'
  expect(parseStreamList(text)).toEqual({
    entries: [
      { mount: '/a.mp3', base: undefined },
      { mount: '/b.mp3', base: 'http://m:8000' },
      { mount: '/c.mp3', base: undefined },
      { mount: '/d', base: 'https://m' },
    ],
    left: 0,
    refused: ['nonsense', '//x', '/%2e%2e/e'],
  })
})

test('the version in the code is the version of the package', () => {
  expect(version).toBe(manifest.version)
})

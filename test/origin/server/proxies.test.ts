import { expect, test } from 'vitest'
import { Proxies } from '../../../origin/server/proxies.ts'
import { parseBlocks } from '../../../shared/http/address.ts'
import { logged } from '../../kit/base/log-records.ts'

const proxiesOf = (text: string) => new Proxies({ trustedProxies: parseBlocks(text) })
const peer = (address: string, secure = false) => ({ address, secure })
const forwarded = new Map([
  ['x-forwarded-for', '6.6.6.6, 192.0.2.9'],
  ['x-forwarded-proto', 'https'],
])

test('a trusted proxy names the client and its scheme; nobody else does', () => {
  const proxies = proxiesOf('127.0.0.0/8')
  expect(proxies.clientOf(forwarded, peer('127.0.0.1'))).toEqual(peer('192.0.2.9', true))
  expect(proxies.clientOf(forwarded, peer('192.0.2.1'))).toEqual(peer('192.0.2.1'))
  expect(proxies.clientOf(new Map(), peer('127.0.0.1', true))).toEqual(peer('127.0.0.1', true))
  expect(proxiesOf('').clientOf(forwarded, peer('127.0.0.1'))).toEqual(peer('127.0.0.1'))
})

test('the client that a PROXY header named cannot name another', () => {
  expect(proxiesOf('127.0.0.1').clientOf(forwarded, peer('198.51.100.7'))).toEqual(peer('198.51.100.7'))
})

test('settings that SIGHUP changes count at once', () => {
  const config = { trustedProxies: parseBlocks('') }
  const proxies = new Proxies(config)
  config.trustedProxies = parseBlocks('127.0.0.1')
  expect(proxies.trusts('127.0.0.1')).toBe(true)
})

test('a TLS proxy that is not trusted is named in the log, once', async () => {
  const proxies = proxiesOf('10.0.0.1')
  const records = await logged(() => {
    for (const address of ['172.17.0.2', '172.17.0.2', '10.0.0.1', '172.17.0.3'])
      proxies.clientOf(forwarded, peer(address))
    proxies.clientOf(new Map([['forwarded', 'for=192.0.2.9;proto="https"']]), peer('172.17.0.4'))
    proxies.clientOf(new Map([['x-forwarded-proto', 'http']]), peer('172.17.0.5'))
  })
  expect(records.map(({ properties }) => properties.address)).toEqual([
    '172.17.0.2',
    '172.17.0.3',
    '172.17.0.4',
  ])
})

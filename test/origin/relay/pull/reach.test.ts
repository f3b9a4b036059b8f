import { describe, expect, test } from 'vitest'
import { checkReach } from '../../../../origin/relay/pull/reach.ts'
import { relaysInMemory } from '../../../kit/parts/relays.ts'

const addresses: Record<string, string[]> = {
  'master.example': ['203.0.113.1'],
  'docker-master': ['172.18.0.2'],
  'stranger.example': ['198.51.100.7', '2001:db8::7'],
  'turns-inside.example': ['198.51.100.8', '10.0.0.8'],
}
const lookUp = async (host: string) => {
  const found = addresses[host]
  if (!found) throw new Error(`getaddrinfo ENOTFOUND ${host}`)
  return found
}
const check = (url: string, configured: string, allowsInside = false) =>
  checkReach(new URL(url), { configured, allowsInside, lookUp })

describe('another server may lead a relay', () => {
  test.each([
    'http://127.0.0.1:6379/x',
    'http://[::1]/x',
    'http://[::ffff:10.0.0.1]:8000/x',
    'http://10.1.2.3:8000/x',
    'http://192.168.0.1/x',
    'http://169.254.169.254/latest/meta-data',
    'http://100.64.0.1/x',
    'http://0.0.0.0:8000/x',
    'https://[fd00::1]/x',
    'http://turns-inside.example/x',
    'http://docker-master:8000/x',
  ])('not to %s, where its own master is outside', async (url) => {
    expect(await check(url, 'http://master.example')).toMatchObject({
      refused: expect.stringContaining('--relay-inside'),
    })
  })

  test('anywhere else, and then to the addresses that were checked', async () => {
    expect(await check('http://stranger.example/x', 'http://master.example')).toEqual({
      addresses: ['198.51.100.7', '2001:db8::7'],
    })
    expect(await check('https://192.0.2.9:8443/x', 'http://master.example')).toEqual({
      addresses: ['192.0.2.9'],
    })
  })

  test.each(['http://127.0.0.1:8000', 'http://192.168.0.5:8000', 'http://docker-master:8000'])(
    'to private addresses too, if its own master is at %s',
    async (configured) => {
      expect(await check('http://10.0.0.9:8001/x', configured)).toEqual({ addresses: ['10.0.0.9'] })
    },
  )

  test('anywhere, if that origin is configured by the operator, or private addresses are allowed', async () => {
    expect(await check('http://unknown.example/x', 'http://unknown.example')).toEqual({
      addresses: undefined,
    })
    expect(await check('http://10.0.0.9/x', 'http://master.example', true)).toEqual({ addresses: undefined })
  })

  test('and a name without an address is reported as such', async () => {
    await expect(check('http://nowhere.example/x', 'http://master.example')).rejects.toThrow('ENOTFOUND')
  })
})

test("a listed mount's reach is its master's, that of a <relay> its own upstream's", () => {
  const ours = relaysInMemory({
    xml: '<relay><server>one.example</server><port>8000</port><mount>/own.mp3</mount></relay>',
  })
  ours.list('http://named.example:8000/live.mp3\r\n')
  expect(ours.newest().options.reach.configured).toBe('http://m.example')
  expect(ours.newest().options.reach.allowsInside).toBe(false)
})

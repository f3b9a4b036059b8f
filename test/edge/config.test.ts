import { describe, expect, test } from 'vitest'
import { EdgeConfigError, parseConfig } from '../../edge/config.ts'

const passwords = { RELAY_PASSWORD: 'relay-secret', ADMIN_PASSWORD: 'admin-secret' }

test('an edge with its two passwords has the defaults of docs/configuration.md#the-edge-environment', () => {
  expect(parseConfig(passwords)).toEqual({
    accounts: {
      relayUser: 'relay',
      relayPasswords: ['relay-secret'],
      adminUser: 'admin',
      adminPassword: 'admin-secret',
      masterPassword: undefined,
      relays: new Map(),
    },
    publicUrls: [],
    host: '::',
    port: 8000,
    dataDir: './data',
    lastResortUrl: undefined,
    maxListenersDefault: 100,
    httpsOnly: false,
    probe: true,
    hlsEdge: 'off',
    trustedProxies: [],
    geoDb: undefined,
    logLevel: 'info',
  })
})

test('an empty variable counts as not set, and unknown variables are ignored', () => {
  const other = { PORT: '', PUBLIC_URL: '', TERM: 'xterm', CLUSTER: { binding: true } }
  expect(parseConfig({ ...passwords, ...other })).toEqual(parseConfig(passwords))
})

test('valid values are accepted', () => {
  const config = parseConfig({
    RELAY_PASSWORD: 'old  new',
    ADMIN_PASSWORD: 'with spaces: allowed',
    RELAYS:
      'relay1:one, 192.0.2.1:8000:two,[2001:db8::1]:8000:three,m1:four:master,r2:master,h:8000:five:master',
    PUBLIC_URL: 'HTTPS://Radio.Example.org:443/',
    TRUSTED_PROXIES: '10.0.0.0/8, ::1',
    LAST_RESORT_URL: 'https://last.example.org/a b',
    DEFAULT_MAX_LISTENERS: '0',
    PORT: '0',
    HTTPS_ONLY: '1',
    LOG_LEVEL: 'warn',
  })
  expect(config.accounts.relayPasswords).toEqual(['old', 'new'])
  expect([...config.accounts.relays]).toEqual([
    ['relay1', { password: 'one', role: 'slave' }],
    ['192.0.2.1:8000', { password: 'two', role: 'slave' }],
    ['[2001:db8::1]:8000', { password: 'three', role: 'slave' }],
    ['m1', { password: 'four', role: 'master' }],
    ['r2', { password: 'master', role: 'slave' }],
    ['h:8000', { password: 'five', role: 'master' }],
  ])
  expect(config).toMatchObject({
    publicUrls: ['https://radio.example.org'],
    lastResortUrl: 'https://last.example.org/a%20b',
    maxListenersDefault: 0,
    port: 0,
    httpsOnly: true,
    logLevel: 'warning',
  })
  expect(config.trustedProxies).toHaveLength(2)
})

describe('a bad value stops the start with an error that gives its name, the value, and the values allowed', () => {
  test.each([
    ['PORT', '65536', 'an integer from 0 to 65535'],
    ['PORT', '80a', 'an integer from 0 to 65535'],
    ['DEFAULT_MAX_LISTENERS', '-1', 'an integer from 0 to 9007199254740991'],
    ['HTTPS_ONLY', 'yes', '0 or 1'],
    ['PROBE', '2', '0 or 1'],
    ['HLS_EDGE', 'sometimes', 'off, overflow, always'],
    ['LOCATION_HINT', 'europe', 'wnam, enam, sam, weur, eeur, apac, oc, afr, me'],
    ['LOG_LEVEL', 'loud', 'trace, debug, info, warning, error, fatal'],
    ['PUBLIC_URL', 'radio.example.org', 'http://host:port'],
    ['PUBLIC_URL', 'http://radio.example.org/path', 'without user, path, query or fragment'],
    ['PUBLIC_URL', 'http://user@radio.example.org', 'without user, path, query or fragment'],
    ['LAST_RESORT_URL', 'ftp://x', 'an http or https URL without user'],
    ['LAST_RESORT_URL', 'http://u:p@x/', 'an http or https URL without user'],
    ['TRUSTED_PROXIES', '10.0.0.0/8,proxy', 'addresses or CIDR blocks'],
    ['HOST', 'two words', 'an address or a name'],
    ['RELAY_USER', 'with:colon', 'visible ASCII without a colon'],
  ])('%s=%s', (name, value, allowed) => {
    const message = messageOf({ ...passwords, [name]: value })
    expect(message).toContain(`${name} is ${JSON.stringify(value)}, expected `)
    expect(message).toContain(allowed)
  })

  test('an http last resort with HTTPS_ONLY', () => {
    const http = { ...passwords, LAST_RESORT_URL: 'http://last.example.org/' }
    expect(messageOf({ ...http, HTTPS_ONLY: '1' })).toBe(
      'LAST_RESORT_URL is "http://last.example.org/", expected an https URL, since HTTPS_ONLY is 1',
    )
    expect(parseConfig(http).lastResortUrl).toBe('http://last.example.org/')
  })

  test('two public addresses of one scheme', () => {
    expect(messageOf({ ...passwords, PUBLIC_URL: 'http://a.example http://b.example' })).toContain(
      'expected one address, or one of http and one of https with a space between them',
    )
    expect(
      parseConfig({ ...passwords, PUBLIC_URL: 'https://a.example http://a.example:80' }).publicUrls,
    ).toEqual(['https://a.example', 'http://a.example'])
  })

  test('a secret without its value', () => {
    for (const RELAYS of ['relay1', 'relay1:', 'a:hush,a:hush', 'id with space:hush']) {
      const message = messageOf({ ...passwords, RELAYS })
      expect(message).toMatch(/^RELAYS is a secret not shown here, expected /)
      expect(message).not.toContain('hush')
    }
  })

  test('all bad values at once, and missing passwords', () => {
    expect(messageOf({ PORT: 'x', RELAY_PASSWORD: '' }).split('\n')).toEqual([
      'RELAY_PASSWORD is not set, expected a password: there is no default',
      'ADMIN_PASSWORD is not set, expected a password: there is no default',
      'PORT is "x", expected an integer from 0 to 65535',
    ])
  })
})

function messageOf(environment: Record<string, string>): string {
  try {
    parseConfig(environment)
  } catch (error) {
    if (error instanceof EdgeConfigError) return error.message
    throw error
  }
  throw new Error('it was taken')
}

import { describe, expect, test } from 'vitest'
import { OwnAddresses } from '../../../edge/listener/own-addresses.ts'

const https = 'https://edge.example'

describe('an edge that servers report to by https', () => {
  test('tells them the http address once an http request has come for the same name, and from then on', () => {
    const addresses = new OwnAddresses([], 8000)
    expect(addresses.complete([https])).toEqual([https])
    addresses.saw(false, 'edge.example')
    expect(addresses.complete([https])).toEqual([https, 'http://edge.example'])
    addresses.saw(false, 'edge.example:8000')
    expect(addresses.complete([https])).toEqual([https, 'http://edge.example'])
  })

  test.each([
    'evil.example',
    'edge.example:9999',
    'edge.example:99999',
    'edge.example.evil.example',
    undefined,
  ])('does not tell them %s, which any sender can write as Host', (host) => {
    const addresses = new OwnAddresses([https], 8000)
    addresses.saw(false, host)
    expect(addresses.complete([https])).toEqual([https])
  })

  test('accepts the port that it listens on, and its name in any case', () => {
    const addresses = new OwnAddresses([https], 8000)
    addresses.saw(false, 'EDGE.example:8000')
    expect(addresses.complete([https])).toEqual([https, 'http://edge.example:8000'])
  })
})

test('an edge that servers report to by http tells them the https address', () => {
  const addresses = new OwnAddresses([], 8000)
  addresses.complete(['http://edge.example:8000'])
  expect(addresses.hasHttps).toBe(false)
  addresses.saw(true, 'edge.example')
  expect(addresses.complete(['http://edge.example:8000'])).toEqual(['http://edge.example:8000', https])
  expect(addresses.hasHttps).toBe(true)
})

test('an edge looks at requests only while there is something to learn', () => {
  const addresses = new OwnAddresses([], 8000)
  expect(addresses.wants(false)).toBe(false)
  addresses.complete([https])
  expect([addresses.wants(false), addresses.wants(true)]).toEqual([true, false])
  addresses.saw(false, 'edge.example')
  expect(addresses.wants(false)).toBe(false)
})

test('names are bounded: servers that make up ever new names are told those that they sent', () => {
  const addresses = new OwnAddresses([], 8000)
  for (let i = 0; i < 100; i++) addresses.complete([`https://${i}.example`])
  addresses.saw(false, '99.example')
  expect(addresses.complete(['https://99.example'])).toEqual(['https://99.example'])
})

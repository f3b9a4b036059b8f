import { describe, expect, test } from 'vitest'
import { withRules } from '../../../origin/http/header-rules.ts'
import { printReply } from '../../../origin/http/reply.ts'
import { originInMemory } from '../../kit/parts/origin-app.ts'

const rule = (name: string, value: string, status?: string) => ({ name, value, status })
const ours = [
  ['Content-Type', 'text/plain'],
  ['Access-Control-Allow-Origin', '*'],
] as const

describe('http-headers (Icecast 2.4, with the wildcards of icecast-kh)', () => {
  test('come after the headers of the answer', () => {
    expect([...withRules(ours, [rule('X-Radio', 'one')], 200)]).toEqual([...ours, ['X-Radio', 'one']])
  })

  test.each([
    ['200', 200, true],
    ['200', 206, false],
    ['2*', 206, true],
    ['2*', 302, false],
    ['40*', 404, true],
    ['4**', 403, true],
    ['404', 403, false],
  ])('with status %s: present on a %i: %s', (filter, status, there) => {
    const names = [...withRules(ours, [rule('X', '1', filter)], status)].map(([name]) => name)
    expect(names.includes('X')).toBe(there)
  })

  test("replace ours: Debian's file adds Access-Control-Allow-Origin, and browsers reject two", () => {
    const headers = [...withRules(ours, [rule('access-control-allow-origin', 'https://radio.example')], 200)]
    expect(headers).toEqual([ours[0], ['access-control-allow-origin', 'https://radio.example']])
  })

  test("of a mount replace the server's", () => {
    const headers = [...withRules([], [rule('X', 'server'), rule('x', 'mount')], 200)]
    expect(headers).toEqual([['x', 'mount']])
  })

  test('cannot change how an answer is framed', () => {
    const rules = ['Content-Length', 'transfer-encoding', 'Connection', 'Date'].map((name) => rule(name, '7'))
    const { bytes } = printReply({ version: '1.1', status: 404, rules, body: 'gone' })
    const text = Buffer.from(bytes).toString()
    expect(text).toContain('\r\nContent-Length: 4\r\n\r\ngone')
    expect(text).not.toMatch(/: 7\r\n/)
  })

  test('server-id (Icecast 2.4): names the server in every answer and in the stats', () => {
    const { config } = originInMemory('<server-id>Radio One</server-id>').stats
    const { bytes } = printReply({ version: '1.1', status: 404, rules: config.httpHeaders })
    const lines = Buffer.from(bytes).toString().split('\r\n')
    expect(lines.filter((line) => line.startsWith('Server:'))).toEqual(['Server: Radio One'])
  })
})

import { describe, expect, test } from 'vitest'
import { judge, printRelayRequest } from '../../../../origin/relay/pull/request.ts'
import { parseResponseHead } from '../../../../origin/relay/pull/response-head.ts'
import { headOf } from '../../../kit/parts/relays.ts'

const bytes = (text: string) => new TextEncoder().encode(text)

describe('the head of a reply', () => {
  test.each([
    ['HTTP/1.0 200 OK\r\nA: b\r\n\r\nbody', 25],
    ['HTTP/1.1 200 OK\nA: b\n\nbody', 22],
    ['ICY 200 OK\r\n\r\nbody', 14],
  ])('%j ends at byte %i', (text, bodyAt) => {
    expect(parseResponseHead(bytes(text))).toMatchObject({ head: { status: 200 }, bodyAt })
  })

  test('truncated anywhere it is incomplete, never something else', () => {
    const whole = 'HTTP/1.0 302 Found\r\nLocation: http://a.example/live.mp3\r\n\r\n'
    for (let end = 0; end < whole.length; end++)
      expect(parseResponseHead(bytes(whole.slice(0, end)))).toBe('incomplete')
  })

  test('names are compared in lower case, values keep their bytes', () => {
    const head = headOf('HTTP/1.0 200 OK\r\nICY-Name:Caf\u00e9 x\r\n\r\n')
    expect(head.headers.get('icy-name')).toBe('Caf\u00c3\u00a9 x')
  })

  test('a header that would add another header for listeners is left out', () => {
    const { headers } = headOf('HTTP/1.0 200 OK\nicy-name: a\rX-Evil: 1\nicy-url: b\0\nicy-genre: c\n\n')
    expect([...headers]).toEqual([['icy-genre', 'c']])
  })

  test('a name in UTF-8 keeps the byte A0 at its end, which is a part of à and Р', () => {
    const { headers } = headOf('ICY 200 OK\r\nicy-name: \t Voilà \r\nicy-genre:МИР\r\n\r\n')
    const told = [...headers.values()].map((value) => Buffer.from(value, 'latin1').toString())
    expect(told).toEqual(['Voilà', 'МИР'])
  })

  test('data that is not a reply, or does not end, is rejected', () => {
    expect(parseResponseHead(bytes('SSH-2.0-x\r\n\r\n'))).toHaveProperty('wrong')
    expect(parseResponseHead(new Uint8Array(16_384).fill(65))).toHaveProperty('wrong')
  })
})

describe('the request of a relay', () => {
  const url = new URL('http://m.example/live.mp3')

  test('S11: it names itself Icecast, uses HTTP/1.0 and asks for metadata, with the port in Host', () => {
    const request = { authorization: 'Basic eA==', icy: true, hop: '1.0 me%2Flive.mp3' }
    const lines = printRelayRequest(url, request).split('\r\n')
    expect(lines[0]).toBe('GET /live.mp3 HTTP/1.0')
    expect(lines).toContain('Host: m.example:80')
    expect(lines).toContain('Icy-MetaData: 1')
    expect(lines).toContain('Authorization: Basic eA==')
    expect(lines.find((line) => line.startsWith('User-Agent:'))).toMatch(
      /^User-Agent: Icecast-compatible distributary\/\d/,
    )
    expect(lines.slice(-2)).toEqual(['', ''])
    expect(lines).toContain('Via: 1.0 me%2Flive.mp3')
    const plain = printRelayRequest(url, { ...request, authorization: undefined, icy: false })
    expect(plain).not.toMatch(/Authorization|Icy-MetaData/)
  })

  test('a redirect is followed to http and https, and credentials in it are dropped', () => {
    const to = (location: string, status = 302) =>
      judge({ status, headers: new Map([['location', location]]) }, url)
    expect(to('https://u:p@b.example:1/x?y=1')).toEqual({ redirect: new URL('https://b.example:1/x?y=1') })
    expect(to('/other.mp3')).toEqual({ redirect: new URL('http://m.example/other.mp3') })
    expect(to('ftp://b.example/x')).toHaveProperty('refused')
    expect(to('http://')).toHaveProperty('refused')
    expect(to('http://b.example/', 304)).toHaveProperty('refused')
    for (const status of [301, 302, 303, 307, 308])
      expect(to('http://b.example/x', status)).toEqual({ redirect: new URL('http://b.example/x') })
    expect(judge({ status: 302, headers: new Map() }, url)).toHaveProperty('refused')
  })

  test('a chunked stream is rejected, because its framing would be heard', () => {
    const chunked = new Map([['transfer-encoding', 'chunked']])
    expect(judge({ status: 200, headers: chunked }, url)).toHaveProperty('refused')
    expect(judge({ status: 200, headers: new Map() }, url)).toEqual({ stream: true })
    expect(judge({ status: 404, headers: new Map() }, url)).toEqual({ refused: 'answered 404' })
  })

  test('a web page is not a stream: a Shoutcast server sends its own to clients that look like a browser', () => {
    const page = new Map([['content-type', 'text/html;charset=utf-8']])
    expect(judge({ status: 200, headers: page }, url)).toHaveProperty('refused')
  })
})

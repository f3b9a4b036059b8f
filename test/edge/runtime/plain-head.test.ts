import { describe, expect, test } from 'vitest'
import { ForgetfulMap } from '../../../edge/runtime/forgetful-map.ts'
import { answerPlainly } from '../../../edge/runtime/plain-answers.ts'
import { readPlainHead } from '../../../edge/runtime/plain-head.ts'

const head = (line: string, ...headers: string[]) =>
  `${[line, 'Host: radio.example', ...headers].join('\r\n')}\r\n\r\n`

describe('a plain head', () => {
  test('is parsed: method, path, query, and headers in any case', () => {
    const text = head('GET /live.mp3?a=1&b=%20 HTTP/1.1', 'user-AGENT:  VLC/3 ', 'Range: bytes=0-1')
    const read = readPlainHead(`behind another${text}`, 14)
    expect(read).toMatchObject({ method: 'GET', path: '/live.mp3', query: '?a=1&b=%20', keepAlive: true })
    expect(read?.headers.get('user-agent')).toBe('VLC/3')
    expect(read?.headers.get('range')).toBe('bytes=0-1')
    expect(read?.headers.get('authorization')).toBeNull()
    expect(read?.end).toBe(14 + text.length)
  })

  test('joins a header given twice into one value, in order, as X-Forwarded-For needs', () => {
    const read = readPlainHead(
      head('HEAD /live.mp3 HTTP/1.1', 'X-Forwarded-For: 192.0.2.1', 'A: b', 'x-forwarded-for: 10.0.0.1'),
      0,
    )
    expect(read?.headers.get('x-forwarded-for')).toBe('192.0.2.1, 10.0.0.1')
  })

  test('says whether the connection stays open', () => {
    expect(readPlainHead(head('GET /a HTTP/1.1', 'Connection: Close'), 0)?.keepAlive).toBe(false)
    expect(readPlainHead(head('GET /a HTTP/1.1', 'Connection: keep-alive'), 0)?.keepAlive).toBe(true)
  })

  test('is cached, unless it has headers that differ for each sender', () => {
    const common = head('GET /known.mp3 HTTP/1.1', 'User-Agent: VLC/3')
    expect(readPlainHead(common, 0)).toBe(readPlainHead(`${common}`, 0))
    for (const line of ['Authorization: Basic cjpw', 'Cookie: a=b', 'x-forwarded-for: 192.0.2.1']) {
      const personal = head('GET /known.mp3 HTTP/1.1', line)
      expect(readPlainHead(personal, 0)).toEqual(readPlainHead(personal, 0))
      expect(readPlainHead(personal, 0), line).not.toBe(readPlainHead(personal, 0))
    }
  })

  test.each([
    ['cut short', head('GET /a HTTP/1.1').slice(0, -1)],
    ['of another method', head('PUT /a HTTP/1.1')],
    ['of HTTP/1.0', head('GET /a HTTP/1.0')],
    ['with an absolute target', head('GET http://radio.example/a HTTP/1.1')],
    ['with a character that a URL parser encodes', head('GET /a"b HTTP/1.1')],
    ['with a fragment', head('GET /a#b HTTP/1.1')],
    ['without a Host', 'GET /a HTTP/1.1\r\nA: b\r\n\r\n'],
    ['with a body', head('GET /a HTTP/1.1', 'Content-Length: 1')],
    ['with a chunked body', head('GET /a HTTP/1.1', 'transfer-encoding: chunked')],
    ['with an upgrade', head('GET /a HTTP/1.1', 'Connection: Upgrade', 'Upgrade: h2c')],
    ['with a wish of its own for the connection', head('GET /a HTTP/1.1', 'Connection: close, x')],
    ['with lines that end in LF alone', head('GET /a HTTP/1.1', 'A: b').replaceAll('\r\n', '\n')],
    ['with a line that is not a header', head('GET /a HTTP/1.1', 'no header')],
    ['with a space before the colon', head('GET /a HTTP/1.1', 'Content-Length : 1')],
    ['with a folded line', head('GET /a HTTP/1.1', 'A: b', ' folded')],
    ['with a control byte', head('GET /a HTTP/1.1', 'A: \0')],
  ])('is not one %s', (_, text) => {
    expect(readPlainHead(text, 0)).toBeUndefined()
  })
})

describe('plain requests', () => {
  const place = ({ path }: { path: string }) => (path === '/live' ? 'http://s1.example/live' : undefined)
  const peer = { address: undefined, secure: false }
  const live = head('GET /live HTTP/1.1')

  test('are answered in order, up to the first that is not redirected', () => {
    const { text, read, keepAlive } = answerPlainly(
      live + live + head('GET /page HTTP/1.1') + live,
      place,
      peer,
    )
    expect(text.split('HTTP/1.1 302 Found\r\n')).toHaveLength(3)
    expect(text.match(/^Location: .*$/gm)).toEqual([
      'Location: http://s1.example/live',
      'Location: http://s1.example/live',
    ])
    expect(read).toBe(2 * live.length)
    expect(keepAlive).toBe(true)
  })

  test('end with one that closes the connection', () => {
    const last = head('GET /live HTTP/1.1', 'Connection: close')
    const { text, read, keepAlive } = answerPlainly(last + live, place, peer)
    expect(text).toContain('\r\nConnection: close\r\n')
    expect(read).toBe(last.length)
    expect(keepAlive).toBe(false)
  })
})

test('a forgetful map has at most this many entries, and keeps all of them when one is changed', () => {
  const map = new ForgetfulMap<string, number>(2)
  map.set('a', 1).set('b', 2).set('b', 3)
  expect([...map]).toEqual([
    ['a', 1],
    ['b', 3],
  ])
  expect([...map.set('c', 4)]).toEqual([['c', 4]])
})

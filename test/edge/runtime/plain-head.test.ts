import fc from 'fast-check'
import { describe, expect, test, vi } from 'vitest'
import { readHead } from '../../../edge/http/head.ts'
import { httpLimits } from '../../../edge/http/limits.ts'
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

  test('keeps the byte A0 at the end of a value, as the full reader does: it is a part of à in UTF-8', () => {
    for (const name of ['user-agent', 'cookie']) {
      const text = head('GET /a HTTP/1.1', `${name}: Voil\xc3\xa0 \t`)
      const full = readHead(text)
      expect('headers' in full && full.headers.get(name)).toBe('Voil\xc3\xa0')
      expect(readPlainHead(text, 0)?.headers.get(name)).toBe('Voil\xc3\xa0')
    }
  })

  test('says whether the connection stays open', () => {
    expect(readPlainHead(head('GET /a HTTP/1.1', 'Connection: Close'), 0)?.keepAlive).toBe(false)
    expect(readPlainHead(head('GET /a HTTP/1.1', 'Connection: keep-alive'), 0)?.keepAlive).toBe(true)
  })

  test('is cached, and its personal headers are not', () => {
    const common = head('GET /known.mp3 HTTP/1.1', 'User-Agent: VLC/3')
    expect(readPlainHead(common, 0)).toBe(readPlainHead(`${common}`, 0))
    for (const line of ['Authorization: Basic cjpw', 'Cookie: a=b', 'x-forwarded-for: 192.0.2.1']) {
      const [name = '', value] = line.split(': ')
      const personal = readPlainHead(head('GET /known.mp3 HTTP/1.1', line, 'User-Agent: VLC/3'), 0)
      expect(personal?.headers.get(name.toLowerCase()), line).toBe(value)
      expect(readPlainHead(common, 0)?.headers.get(name.toLowerCase()), line).toBeNull()
    }
  })

  test('has the bounds of a head that comes in several packets: bytes, and lines, personal ones too', () => {
    const wide = (bytes: number) => {
      const empty = head('GET /a HTTP/1.1', 'X: ')
      return head('GET /a HTTP/1.1', `X: ${'a'.repeat(bytes - empty.length)}`)
    }
    expect(readPlainHead(wide(httpLimits.headBytesMax), 0)).toBeDefined()
    expect(readPlainHead(wide(httpLimits.headBytesMax + 1), 0)).toBeUndefined()
    for (const line of ['A: b', 'Cookie: a', 'X-Forwarded-For: 192.0.2.1']) {
      // with Host
      const long = (lines: number) => head('GET /a HTTP/1.1', ...Array<string>(lines - 1).fill(line))
      expect(readHead(long(httpLimits.headLinesMax)), line).toHaveProperty('path', '/a')
      expect(readPlainHead(long(httpLimits.headLinesMax), 0), line).toBeDefined()
      expect(readPlainHead(`x${long(httpLimits.headLinesMax)}`, 1), line).toBeDefined()
      expect(readHead(long(httpLimits.headLinesMax + 1)), line).toHaveProperty('status', 431)
      expect(readPlainHead(long(httpLimits.headLinesMax + 1), 0), line).toBeUndefined()
      expect(readPlainHead(`x${long(httpLimits.headLinesMax + 1)}`, 1), line).toBeUndefined()
    }
  })

  test('is the same whether its personal headers are parted from it or not', () => {
    const names = [
      'X-Forwarded-For',
      'x-forwarded-for',
      'Forwarded',
      'Authorization',
      'User-Agent',
      'CF-Ray',
      'Range',
    ]
    const bytes = fc.stringMatching(/^[ \t\x21\x22,;=a\xa0\xff:]{0,8}$/)
    const good = fc.tuple(fc.constantFrom(...names), bytes).map(([name, value]) => `${name}:${value}`)
    const bad = fc.constantFrom(
      'Forwarded: \0',
      ' folded',
      'X-Forwarded-For : 1',
      'Cookie: a\nHost: b',
      'no header',
      'Cookie: a\rb',
      '',
      'Content-Length: 1',
      'Connection: close',
      'Connection: X-Forwarded-For',
    )
    const lines = fc.array(fc.oneof({ weight: 5, arbitrary: good }, { weight: 1, arbitrary: bad }), {
      maxLength: 6,
    })
    const first = fc.constantFrom('GET /a?b HTTP/1.1', 'PUT /a HTTP/1.1', 'X-Forwarded-For: 1', '')
    const shown = (text: string, at: number) => {
      const read = readPlainHead(text, at)
      if (!read) return undefined
      const { method, path, query, mount, headers, keepAlive, end } = read
      const values = names.map((name) => headers.get(name.toLowerCase()))
      return { method, path, query, mount, values, keepAlive, end: end - at }
    }
    fc.assert(
      fc.property(first, lines, fc.constantFrom('', 'X-Forwarded-For: 1\r\n', '\r\n'), (line, more, rest) => {
        const text = head(line, ...more) + rest
        // a head that is not the first in its bytes is read as a whole
        expect(shown(text, 0)).toEqual(shown(`.${text}`, 1))
      }),
    )
  })

  test.each([
    ['cut short', head('GET /a HTTP/1.1').slice(0, -1)],
    ['of another method', head('PUT /a HTTP/1.1')],
    ['of HTTP/1.0', head('GET /a HTTP/1.0')],
    ['with an absolute target', head('GET http://radio.example/a HTTP/1.1')],
    ['with a character that a URL parser encodes', head('GET /a"b HTTP/1.1')],
    ['with a fragment', head('GET /a#b HTTP/1.1')],
    ['with two Hosts', head('GET /a HTTP/1.1', 'Host: evil.example')],
    ['with two Hosts of which one is empty', head('GET /a HTTP/1.1', 'A: b', 'HOST:')],
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

describe('behind a proxy', () => {
  /** The runs of regular expressions that heads of as many listeners take, of a player that is known. */
  const runsOf = (listeners: number, lines: (address: string) => string[]) => {
    const heads = Array.from({ length: listeners + 1 }, (_, i) => {
      const address = `203.0.${i >> 8}.${i % 256}`
      return head('GET /live.mp3 HTTP/1.1', ...lines(address), 'User-Agent: VLC/3.0.20', 'Icy-MetaData: 1')
    })
    const read = (text = '') => {
      const { headers } = readPlainHead(text, 0) ?? {}
      for (const name of ['host', 'user-agent', 'range', 'authorization', 'forwarded', 'x-forwarded-for'])
        headers?.get(name)
    }
    read(heads[0])
    const runs = vi.spyOn(RegExp.prototype, 'exec')
    for (const text of heads.slice(1)) read(text)
    const { length } = runs.mock.calls
    runs.mockRestore()
    return length
  }

  test('a head costs one run of a pattern for each header of its own, and one more: the rest is known', () => {
    expect(runsOf(500, () => [])).toBe(0)
    expect(runsOf(500, (address) => [`X-Forwarded-For: ${address}`])).toBe(2 * 500)
    expect(
      runsOf(500, (address) => [
        `X-Real-IP: ${address}`,
        `X-Forwarded-For: ${address}`,
        'X-Forwarded-Proto: https',
        `X-Request-ID: ${address}`,
      ]),
    ).toBe(4 * 500)
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

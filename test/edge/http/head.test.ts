import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { readHead } from '../../../edge/http/head.ts'
import { HeadEnd } from '../../../edge/http/head-end.ts'
import { httpLimits } from '../../../edge/http/limits.ts'
import { repetitions } from '../../kit/base/repetitions.ts'

const head = (line: string, ...fields: string[]) => `${[line, ...fields].join('\r\n')}\r\n\r\n`
const read = (text: string) => {
  const found = readHead(text)
  if ('text' in found) throw new Error(found.text)
  return found
}

describe('a head is parsed as tolerantly as by Icecast', () => {
  test.each([
    ['lines that end in LF alone', 'GET /a?b HTTP/1.1\nHost: x\n\n', '/a', '?b'],
    ['empty lines before it', '\r\n\nGET /a HTTP/1.1\r\n\r\n', '/a', ''],
    ['no Host', head('GET /a HTTP/1.1'), '/a', ''],
    ['two blanks before the version', head('GET /x  HTTP/1.0'), '/x', ''],
    [
      'spaces in the path and the query',
      head('GET /my song.mp3?a=b c HTTP/1.1'),
      '/my%20song.mp3',
      '?a=b%20c',
    ],
    ['raw UTF-8', head('GET /s\xc3\xa9ance.mp3?t=\xc3\xa9 HTTP/1.0'), '/s%C3%A9ance.mp3', '?t=%C3%A9'],
    ['a backslash, which a URL parser takes for a slash', head('GET /a\\b HTTP/1.1'), '/a%5Cb', ''],
    ['dot segments', head('GET /a/../b HTTP/1.1'), '/a/../b', ''],
    ['quotes and brackets in the query', head(`GET /a?b="<'>" HTTP/1.1`), '/a', `?b="<'>"`],
    ['absolute form', head('GET http://radio.example/a?b HTTP/1.1'), '/a', '?b'],
    ['absolute form without a path', head('GET http://radio.example?b HTTP/1.1'), '/', '?b'],
    ['a fragment', head('GET /a?b#c HTTP/1.1'), '/a', '?b'],
    ['a method in small letters', head('get /a HTTP/1.1'), '/a', ''],
    ['a line that is not a header', head('GET /a HTTP/1.1', 'no header', 'Icy Meta: 1'), '/a', ''],
  ])('with %s', (_, text, path, query) => {
    expect(read(text)).toMatchObject({ method: 'GET', path, query })
  })

  test('names the same mount in raw UTF-8 and percent-encoded', () => {
    expect(read(head('GET /s\xc3\xa9ance.mp3 HTTP/1.0')).mount).toBe('/séance.mp3')
    expect(read(head('GET /a/../b HTTP/1.1')).mount).toBeUndefined()
  })

  test.each([
    ['GET /a HTTP/1.1', [], true],
    ['GET /a HTTP/1.1', ['Connection: Close'], false],
    ['GET /a HTTP/1.1', ['Connection: x, close'], false],
    ['GET /a HTTP/1.0', [], false],
    ['GET /a HTTP/1.0', ['Connection: Keep-Alive'], true],
    ['SOURCE /a ICE/1.0', [], false],
  ])('%s with %j keeps the connection: %s', (line, fields, keepAlive) => {
    expect(read(head(line, ...fields)).keepAlive).toBe(keepAlive)
  })

  test('has the body that its headers give', () => {
    expect(read(head('POST /a HTTP/1.1')).framing).toBeUndefined()
    expect(read(head('POST /a HTTP/1.1', 'Content-Length: 7')).framing).toEqual({ length: 7 })
    expect(read(head('POST /a HTTP/1.1', 'Transfer-Encoding: Chunked')).framing).toBe('chunked')
    expect(read(head('POST /a HTTP/1.1', 'Expect: 100-Continue')).expectsContinue).toBe(true)
  })
})

describe('a head that two programs could read in two ways is rejected', () => {
  test.each([
    [400, 'two lengths', ['Content-Length: 1', 'Content-Length: 2']],
    [400, 'one length twice', ['Content-Length: 1', 'content-length: 1']],
    [400, 'lengths in a list', ['Content-Length: 1, 1']],
    [400, 'a length with a sign', ['Content-Length: +1']],
    [400, 'a length beyond all numbers', ['Content-Length: 9999999999999999']],
    [400, 'a length and chunks', ['Content-Length: 1', 'Transfer-Encoding: chunked']],
    [400, 'Transfer-Encoding twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    [501, 'another coding', ['Transfer-Encoding: gzip, chunked']],
    [501, 'chunks that are not', ['Transfer-Encoding: xchunked']],
    [400, 'a blank before the colon', ['Content-Length : 1']],
    [400, 'a folded line', ['A: b', ' Content-Length: 1']],
    [400, 'a NUL', ['A: \0']],
    [400, 'a CR inside a line', ['A: b\rContent-Length: 1']],
    [400, 'Host twice', ['Host: a', 'Host: b']],
    [417, 'another expectation', ['Expect: the unexpected']],
    [431, 'too many lines', Array<string>(httpLimits.headLinesMax + 1).fill('A: b')],
  ])('%i: %s', (status, _, fields) => {
    expect(readHead(head('POST /a HTTP/1.1', ...fields))).toMatchObject({ status })
  })

  test.each([
    [400, 'GET'],
    [400, 'GET /a'],
    [400, 'GET a HTTP/1.1'],
    [400, 'GET HTTP/1.1'],
    [400, 'G(T /a HTTP/1.1'],
    [400, 'CONNECT radio.example:443 HTTP/1.1'],
    [505, 'PRI * HTTP/2.0'],
    [400, 'GET /a HTTP/1.1x'],
  ])('%i: %s', (status, line) => {
    expect(readHead(head(line))).toMatchObject({ status })
  })

  test('and so are chunks in HTTP/1.0', () => {
    expect(readHead(head('POST /a HTTP/1.0', 'Transfer-Encoding: chunked'))).toMatchObject({ status: 400 })
  })
})

test('any head is parsed or rejected, and its target fits into one header line', () => {
  const piece = fc.constantFrom(
    'GET ',
    '/a',
    ' HTTP/1.1',
    '\r\n',
    '\n',
    ':',
    'Host',
    '\t',
    '\xe9',
    '?',
    '#',
    '%',
    '\\',
  )
  fc.assert(
    fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 4 })), { maxLength: 20 }), (pieces) => {
      const text = Buffer.from(`${pieces.join('')}\r\n\r\n`, 'utf8').toString('latin1')
      const found = readHead(text)
      return 'text' in found ? found.status >= 400 : /^\/[\x21-\x7e]*$/.test(found.path + found.query)
    }),
    { numRuns: repetitions(5000) },
  )
})

test('the end of a head is the same however its bytes are split, and each byte is looked at once', () => {
  const text = '\r\n\nGET /a HTTP/1.1\r\nA: b\n\r\nrest'
  const bytes = Buffer.from(text, 'latin1')
  const end = text.indexOf('rest')
  expect(new HeadEnd().find(bytes)).toBe(end)
  const byByte = new HeadEnd()
  const ends = [...bytes].map((_, at) => byByte.find(bytes.subarray(at, at + 1)))
  expect(ends.indexOf(1)).toBe(end - 1)
})

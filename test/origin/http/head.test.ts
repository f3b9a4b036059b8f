import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Head, HeadReader, type ReadHead } from '../../../origin/http/head.ts'
import { repetitions } from '../../kit/base/repetitions.ts'

const bytesOf = (text: string) => Uint8Array.from(text, (char) => char.charCodeAt(0))

/** The result of these pieces, pushed one after the other; undefined if more are needed. */
function read(...pieces: Uint8Array[]): ReadHead | undefined {
  const reader = new HeadReader()
  for (const piece of pieces) {
    const answer = reader.push(piece)
    if (answer) return answer
  }
  return undefined
}

function headOf(text: string): Head {
  const answer = read(bytesOf(text))
  if (!answer || !('head' in answer)) throw new Error(`no head: ${JSON.stringify(answer)}`)
  return answer.head
}
const statusOf = (text: string) => {
  const answer = read(bytesOf(text))
  return answer && 'status' in answer ? answer.status : undefined
}

describe('the head of a request', () => {
  test('has method, path, query, version and headers', () => {
    const head = headOf('GET /live.mp3?a=1&b HTTP/1.1\r\nHost: x:8000\r\nIcy-MetaData:1\r\n\r\n')
    expect(head).toEqual({
      method: 'GET',
      path: '/live.mp3',
      query: '?a=1&b',
      version: '1.1',
      headers: new Map([
        ['host', 'x:8000'],
        ['icy-metadata', '1'],
      ]),
    })
  })

  test.each([
    ['ICE/1.0', '1.0'],
    ['HTTP/1.0', '1.0'],
    ['HTTP/1.1', '1.1'],
    ['HTTP/2.0', '1.1'],
  ])('with %s is answered in HTTP/%s', (protocol, version) => {
    expect(headOf(`SOURCE /a ${protocol}\r\n\r\n`).version).toBe(version)
  })

  test.each(['\r\n', '\n', '\r\r\n'])('may end its lines in %j', (end) => {
    const head = headOf(['GET /a HTTP/1.0', 'User-Agent: x', '', ''].join(end))
    expect(head.headers.get('user-agent')).toBe('x')
  })

  test('joins the lines that the proxies add', () => {
    const { headers } = headOf(
      'GET /a HTTP/1.1\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\nX-Forwarded-For: 192.0.2.9\r\nForwarded: for=192.0.2.9\r\n\r\n',
    )
    expect(headers.get('x-forwarded-for')).toBe('6.6.6.6, 192.0.2.9')
    expect(headers.get('forwarded')).toBe('for=6.6.6.6, for=192.0.2.9')
  })

  test('that a PROXY line begins is rejected, and says for whom it counts', () => {
    const line = bytesOf('PROXY TCP4 192.0.2.9 198.51.100.1 1 2\r\nGET / HTTP/1.1\r\n\r\n')
    for (let cut = 0; cut < line.length; cut++)
      expect(read(line.subarray(0, cut), line.subarray(cut))).toMatchObject({
        status: 400,
        text: expect.stringContaining('trusted proxy'),
      })
  })

  test('may follow empty lines', () => expect(headOf('\r\n\r\nGET /a HTTP/1.0\r\n\r\n').path).toBe('/a'))

  test('may have raw spaces and bytes in its path: they are percent-encoded', () => {
    expect(headOf('GET /sp ace\xe9\xff".mp3 HTTP/1.0\r\n\r\n').path).toBe('/sp%20ace%E9%FF".mp3')
  })

  test('may have a whole URL: its path counts', () => {
    expect(headOf('GET http://host:8000/a.mp3?q#f HTTP/1.1\r\n\r\n')).toMatchObject({
      path: '/a.mp3',
      query: '?q',
    })
  })

  test.each([
    ['GET http://host:8000 HTTP/1.1', '/', ''],
    ['GET HTTP://host?a=1 HTTP/1.1', '/', '?a=1'],
    ['GET https://host/#f HTTP/1.1', '/', ''],
  ])('may have a whole URL without a path: %s requests the root', (line, path, query) => {
    expect(headOf(`${line}\r\n\r\n`)).toMatchObject({ path, query })
  })

  test.each([
    ['source /a.mp3 HTTP/1.0', { method: 'SOURCE', path: '/a.mp3' }],
    ['put /a.mp3 HTTP/1.1', { method: 'PUT' }],
    ['Get /a.mp3 HTTP/1.0', { method: 'GET' }],
    ['GET /a.mp3  HTTP/1.0', { path: '/a.mp3', query: '' }],
    ['GET   /a.mp3 HTTP/1.0 ', { path: '/a.mp3', query: '' }],
    ['GET /a.mp3?who=Ann B HTTP/1.0', { path: '/a.mp3', query: '?who=Ann%20B' }],
    ['GET /s\xe9ance.mp3 HTTP/1.0', { path: '/s%E9ance.mp3' }],
    ['GET /s\xc3\xa9ance.mp3 HTTP/1.0', { path: '/s%C3%A9ance.mp3' }],
  ])('is read as in Icecast: %s', (line, head) => {
    expect(headOf(`${line}\r\n\r\n`)).toMatchObject(head)
    expect(headOf(`${line}\n\n`)).toMatchObject(head)
  })

  test('keeps the bytes of header values, and of a header given twice the last counts', () => {
    const head = headOf('PUT /a HTTP/1.1\r\nice-name: \t\xc3\xa0 \r\nX: 1\r\nx: 2\r\n\r\n')
    expect(head.headers.get('ice-name')).toBe('\xc3\xa0')
    expect(head.headers.get('x')).toBe('2')
  })

  test('may have lines that are not headers: they are ignored', () => {
    expect(headOf('GET /a HTTP/1.0\r\nnonsense\r\n: empty\r\nbad name: x\r\nok: 1\r\n\r\n').headers).toEqual(
      new Map([['ok', '1']]),
    )
  })

  test('leaves the bytes after it: they may be audio already', () => {
    const text = 'SOURCE /a ICE/1.0\n\naudio'
    expect(read(bytesOf(text))).toMatchObject({ restAt: text.indexOf('audio') })
  })
})

describe('a bad head', () => {
  const padded = (size: number) => {
    const [start, end] = ['GET /a HTTP/1.1\r\nx: ', '\r\n\r\n']
    return start + 'y'.repeat(size - start.length - end.length) + end
  }
  test('of 8 KiB is accepted, with one more byte it is 431', () => {
    expect(headOf(padded(8192)).path).toBe('/a')
    expect(statusOf(padded(8193))).toBe(431)
  })

  test('of 64 header lines is accepted, of 65 it is 431', () => {
    const lines = (count: number) => `GET /a HTTP/1.1\r\n${'x: y\r\n'.repeat(count)}\r\n`
    expect(headOf(lines(64)).path).toBe('/a')
    expect(statusOf(lines(65))).toBe(431)
  })

  test.each([
    ['\x16\x03\x01\x02\x00\x01', 'a TLS greeting'],
    ['\0\0\0\0', 'NULs'],
    ['GET /a\r\n\r\n', 'no protocol'],
    ['GET HTTP/1.1\r\n\r\n', 'no path'],
    ['GET live.mp3 HTTP/1.1\r\n\r\n', 'a path that does not begin with /'],
    ['GET /a FTP/1.0\r\n\r\n', 'another protocol'],
    ['G(T /a HTTP/1.1\r\n\r\n', 'a method that is none'],
    ['GET /a HTTP/1.1\r\nx: a\0b\r\n\r\n', 'a NUL in a header'],
    ['GET /a HTTP/1.1\r\nx: a\rb\r\n\r\n', 'a bare CR in a header'],
  ])('like %j is 400: %s', (text) => expect(statusOf(text)).toBe(400))

  // RFC 9112 §6.3: one program would read as a body what another reads as the next request
  test.each([
    [['Content-Length: 5', 'Content-Length: 0'], 400],
    [['Content-Length: 5, 6'], 400],
    [['Content-Length: -5'], 400],
    [['Content-Length: +5'], 400],
    [['Content-Length: 0x5'], 400],
    [['Content-Length: 5 5'], 400],
    [['Content-Length : 5'], 400],
    [['Content-Length:', ' 5'], 400],
    [['Content-Length: 0', 'Transfer-Encoding: chunked'], 400],
    [['Transfer-Encoding: chunked', 'Content-Length: 5'], 400],
    [['Transfer-Encoding : chunked'], 400],
    [['Transfer-Encoding:', '\tchunked'], 400],
    [['Transfer-Encoding: chunked, identity'], 400],
    [['Transfer-Encoding: xchunked'], 400],
    [['Transfer-Encoding: gzip, chunked'], 501],
    [['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], 400],
    [['Host: a.example', 'Host: b.example'], 400],
  ] as const)('that could be read in two ways is refused: %j is %i', (lines, status) => {
    for (const end of ['\r\n', '\n'])
      expect(statusOf(['PUT /a HTTP/1.1', ...lines, '', ''].join(end))).toBe(status)
  })

  test.each([
    [['Content-Length: 5', 'Content-Length: 5']],
    [['Content-Length: 5, 05']],
    [['Content-Length:']],
    [['Transfer-Encoding: Chunked']],
    [['Transfer-Encoding: identity']],
    [['Host:', 'Host: a.example', 'Host: A.example']],
    [['Host: x:99999']],
    [['X: y', ' folded']],
  ])('does not include heads with only one meaning: %j', (lines) => {
    expect(headOf(['PUT /a HTTP/1.1', ...lines, '', ''].join('\r\n')).method).toBe('PUT')
  })

  test('does not lose its length to an empty one after it', () => {
    const head = headOf('PUT /a HTTP/1.1\r\nContent-Length: 5\r\nContent-Length:\r\n\r\n')
    expect(head.headers.get('content-length')).toBe('5')
  })

  test('is rejected as early as its first byte', () => {
    expect(read(bytesOf('\x16'))).toMatchObject({ status: 400 })
  })
})

const pieceOfHead = fc.constantFrom(
  'GET ',
  'SOURCE ',
  '/a ',
  '/ä?b ',
  'HTTP/1.1',
  'ICE/1.0',
  '\r\n',
  '\n',
  '\r',
  '\r\n\r\n',
  'ice-name: x',
  ': ',
  '\0',
  ' ',
  'x'.repeat(3000),
  'y: z\r\n'.repeat(30),
)
const anything = fc.oneof(
  fc.uint8Array({ maxLength: 300 }),
  fc.array(pieceOfHead, { maxLength: 12 }).map((pieces) => bytesOf(pieces.join(''))),
)

describe('the head reader, with any bytes', () => {
  const withoutPlace = (answer: ReadHead | undefined) => (answer && 'head' in answer ? answer.head : answer)

  test('gives the same result however the bytes are split', () => {
    fc.assert(
      fc.property(anything, fc.integer({ min: 1, max: 50 }), (bytes, size) => {
        const pieces: Uint8Array[] = []
        for (let at = 0; at < bytes.length; at += size) pieces.push(bytes.subarray(at, at + size))
        expect(withoutPlace(read(...pieces))).toEqual(withoutPlace(read(bytes)))
      }),
      { numRuns: repetitions(2000) },
    )
  })

  test('gives the same result split at every byte', () => {
    const bytes = bytesOf('PUT /a?b HTTP/1.1\r\nContent-Type: audio/mpeg\r\nice-name: \xe9\r\n\r\naudio')
    for (let at = 0; at <= bytes.length; at++)
      expect(withoutPlace(read(bytes.subarray(0, at), bytes.subarray(at)))).toEqual(withoutPlace(read(bytes)))
  })

  test('answers within its bounds', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8193, maxLength: 9000 }), (bytes) => {
        expect(read(bytes)).toBeDefined()
      }),
    )
  })
})

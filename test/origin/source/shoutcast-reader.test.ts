import { describe, expect, test } from 'vitest'
import { type ShoutcastRead, ShoutcastReader } from '../../../origin/source/shoutcast-reader.ts'

const said = 'letmein\r\nicy-name:Radio\r\nicy-br:128\r\nContent-Type: audio/mpeg\r\n\r\n'
const audio = '\xff\xfbaudio\n\n'

/** Everything read from these pieces, `rest` as latin1. */
function read(...pieces: string[]) {
  const reader = new ShoutcastReader()
  const reads: ShoutcastRead[] = []
  for (const piece of pieces) {
    reader.push(Buffer.from(piece, 'latin1'))
    while (reads.length === 0 || reads.at(-1)?.is === 'password') {
      const next = reader.next()
      if (!next) break
      reads.push(next)
    }
  }
  return reads
}
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
const headersOf = (reads: ShoutcastRead[]) => {
  const last = reads.at(-1)
  return last?.is === 'headers' ? { ...Object.fromEntries(last.headers), rest: text(last.rest) } : last
}
const expected = { 'icy-name': 'Radio', 'icy-br': '128', 'content-type': 'audio/mpeg' }

describe('input of a Shoutcast source', () => {
  test('the password is known before any header: the encoder waits for OK2', () => {
    expect(read('letmein\r\n')).toEqual([{ is: 'password', line: 'letmein' }])
  })

  test('docs/icecast.md#shoutcast-sources: password, headers and audio in one packet', () => {
    const reads = read(said + audio)
    expect(reads[0]).toEqual({ is: 'password', line: 'letmein' })
    expect(headersOf(reads)).toEqual({ ...expected, rest: audio })
  })

  test('a password is compared by its bytes: UTF-8 as in the file, and two different invalid bytes are not equal', () => {
    const passwordOf = (line: Buffer) => {
      const [first] = read(`${line.toString('latin1')}\r\n`)
      return first?.is === 'password' ? first.line : undefined
    }
    expect(passwordOf(Buffer.from('grün'))).toBe('grün')
    const wrong = [Buffer.from('gr\xfcn', 'latin1'), Buffer.from('gr\xe4n', 'latin1')].map(passwordOf)
    expect(new Set([...wrong, 'grün', 'gr\ufffdn']).size).toBe(4)
  })

  test('a name in UTF-8 keeps the byte A0 at its end, which is a part of à and Р', () => {
    const name = Buffer.from('МИР').toString('latin1')
    expect(headersOf(read(`letmein\r\nicy-name: ${name} \r\n\r\n`))).toEqual({ 'icy-name': name, rest: '' })
  })

  test('the result does not depend on how it is split', () => {
    for (let at = 1; at < said.length; at++) {
      const reads = read(said.slice(0, at), said.slice(at))
      expect(reads[0], `cut at ${at}`).toEqual({ is: 'password', line: 'letmein' })
      expect(headersOf(reads), `cut at ${at}`).toEqual({ ...expected, rest: '' })
    }
    expect(headersOf(read(...said))).toEqual({ ...expected, rest: '' })
  })

  test.each(['\n', '\r\n', '\r\r\n'])('lines may end in %j', (end) => {
    const reads = read(said.replaceAll('\r\n', end) + audio)
    expect(reads[0]).toEqual({ is: 'password', line: 'letmein' })
    expect(headersOf(reads)).toEqual({ ...expected, rest: audio })
  })

  test('a header that would add another header for listeners is left out', () => {
    const reads = read('letmein\nicy-name:a\rX-Evil:1\nicy-url:b\0\nicy-genre:c\n\n')
    expect(headersOf(reads)).toEqual({ 'icy-genre': 'c', rest: '' })
  })

  test("libshout's probe is read as a password, and a wrong one", () => {
    expect(read('!POKE\nicy-name:libshout server poke request\n\n')[0]).toEqual({
      is: 'password',
      line: '!POKE',
    })
  })

  test.each(['SOURCE /live.mp3 HTTP/1.0', 'PUT /live.mp3 HTTP/1.1', 'SOURCE /a ICE/1.0', 'GET / HTTP/1.1'])(
    'icecast-kh: %s is an HTTP request, and no byte of it is lost',
    (line) => {
      const [first] = read(`${line}\r\nHost: a\r\n\r\nrest`)
      expect(first?.is === 'http' && text(first.bytes)).toBe(`${line}\r\nHost: a\r\n\r\nrest`)
    },
  )

  test('docs/protocol.md#bounds: it may have at most 8 KiB and 64 lines', () => {
    const long = 'x'.repeat(8192)
    expect(read(long)[0]).toMatchObject({ is: 'bad' })
    expect(read(...long)[0]).toMatchObject({ is: 'bad' })
    expect(read(`letmein\r\nicy-name:${long}`)[1]).toMatchObject({ is: 'bad' })
    expect(read(`letmein\r\n${'a:b\r\n'.repeat(65)}`)[1]).toMatchObject({ is: 'bad' })
    expect(read(`letmein\r\n${'a:b\r\n'.repeat(64)}\r\n`)[1]).toMatchObject({ is: 'headers' })
  })
})

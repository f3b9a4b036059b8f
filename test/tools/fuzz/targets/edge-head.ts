import { deepStrictEqual } from 'node:assert/strict'
import { type RequestHead, readHead } from '../../../../edge/http/head.ts'
import { HeadEnd } from '../../../../edge/http/head-end.ts'
import { readPlainHead } from '../../../../edge/runtime/plain-head.ts'
import { sameHoweverCut } from '../cuts.ts'
import { latin1Of, type Target } from '../target.ts'

/** Where a head ends in bytes that arrive in pieces. */
function endIn(pieces: readonly Uint8Array[]): number | undefined {
  const reader = new HeadEnd()
  let before = 0
  for (const piece of pieces) {
    const end = reader.find(piece)
    if (end !== undefined) return before + end
    before += piece.length
  }
  return undefined
}

const shown = ({
  method,
  path,
  query,
  mount,
  keepAlive,
}: Omit<RequestHead, 'headers' | 'framing' | 'isOld'> | RequestHead) => ({
  method,
  path,
  query,
  mount,
  keepAlive,
})

const printed = ({ method, path, query, isOld, headers }: RequestHead) =>
  `${method} ${path}${query} HTTP/1.${isOld ? 0 : 1}\r\n${[...headers].map(([name, value]) => `${name}: ${value}\r\n`).join('')}\r\n`

/** A joined value may end in a comma and a blank, which a reader removes: the last line of that name was empty. */
const trimmedValues = (headers: Headers) => [...headers].map(([name, value]) => [name, value.trim()])

export const edgeHead: Target = {
  name: 'edge-head',
  about: "an edge's request heads: its two readers agree; printed and read again, the same head",
  files: 'edge/',
  tokens: [
    'GET /live.mp3 HTTP/1.1\r\n',
    'HEAD ',
    ' HTTP/1.0',
    '\r\n',
    '\r\n\r\n',
    '\n\n',
    'Host: a\r\n',
    'Content-Length: 5\r\n',
    'Expect: 100-continue\r\n',
    'Transfer-Encoding: chunked\r\n',
    'Connection: close\r\n',
    'X-Forwarded-For: 192.0.2.1\r\n',
    'Range: bytes=0-1\r\n',
    'http://a',
    '%2f',
    '?x=relay1',
  ],
  read: (input) => void readHead(latin1Of(input)),
  check(input) {
    sameHoweverCut(input, endIn)
    const end = endIn([input])
    if (end === undefined) return
    const text = latin1Of(input.subarray(0, end))
    const whole = readHead(text)
    const plain = readPlainHead(text, 0)
    if (plain && 'status' in whole) throw new Error(`only the plain reader accepts it: ${whole.text}`)
    if ('status' in whole) return
    if (plain) {
      deepStrictEqual(shown({ ...plain, expectsContinue: false }), shown(whole), 'the two readers differ')
      for (const name of ['host', 'user-agent', 'x-forwarded-for', 'authorization', 'range'])
        deepStrictEqual(plain.headers.get(name), whole.headers.get(name), `the two readers differ in ${name}`)
    }
    const again = readHead(printed(whole))
    deepStrictEqual(
      { ...again, headers: 'headers' in again ? trimmedValues(again.headers) : again },
      { ...whole, headers: trimmedValues(whole.headers) },
      'printed and read again',
    )
  },
}

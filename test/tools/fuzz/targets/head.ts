import { deepStrictEqual } from 'node:assert/strict'
import { type Head, HeadReader } from '../../../../origin/http/head.ts'
import { limits } from '../../../../origin/limits.ts'
import { sameHoweverCut } from '../cuts.ts'
import { bytesOf, type Target } from '../target.ts'

/** The result, and how many bytes follow the head. */
function read(pieces: readonly Uint8Array[]) {
  const reader = new HeadReader()
  let left = pieces.reduce((sum, { length }) => sum + length, 0)
  for (const piece of pieces) {
    const answer = reader.push(piece)
    if (answer) return 'head' in answer ? { ...answer, restAt: left - answer.restAt } : answer
    left -= piece.length
  }
  return 'more'
}

const printed = ({ method, path, query, version, headers }: Head) =>
  bytesOf(
    [
      `${method} ${path}${query} HTTP/${version}`,
      ...[...headers].map(([name, value]) => `${name}: ${value}`),
      '\r\n',
    ].join('\r\n'),
  )

/** A joined value may end in a comma and a blank, which a reader removes: the last line that a proxy added was empty. */
const trimmedValues = (head: Head): Head => ({
  ...head,
  headers: new Map([...head.headers].map(([name, value]) => [name, value.trim()])),
})

export const head: Target = {
  name: 'head',
  about: "an origin's request heads: the same however cut; printed and read again, the same head",
  files: 'origin/http/',
  tokens: [
    'GET ',
    'SOURCE ',
    'PUT ',
    ' HTTP/1.1',
    ' HTTP/1.0',
    ' ICE/1.0',
    '\r\n',
    '\n',
    '\r\n\r\n',
    'Host: a',
    'Content-Length: 5',
    'Transfer-Encoding: chunked',
    'X-Forwarded-For: 192.0.2.1',
    'Forwarded: for=a',
    'http://a/',
    '#',
    '?',
    '%2f',
    'PROXY TCP4 ',
  ],
  read: (input) => void read([input]),
  check(input) {
    sameHoweverCut(input, read)
    const answer = read([input])
    if (typeof answer === 'string' || !('head' in answer)) return
    const bytes = printed(trimmedValues(answer.head))
    // a blank of the path is printed as an escape, which is longer
    if (bytes.length > limits.headBytesMax) return
    const again = read([bytes])
    deepStrictEqual(
      typeof again === 'object' && 'head' in again ? again.head : again,
      trimmedValues(answer.head),
      'printed and read again',
    )
  },
}

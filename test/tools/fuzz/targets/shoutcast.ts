import { ShoutcastReader } from '../../../../origin/source/shoutcast-reader.ts'
import { sameHoweverCut } from '../cuts.ts'
import type { Target } from '../target.ts'

/** All results up to the last one, and the bytes that are audio or an HTTP request. */
function read(pieces: readonly Uint8Array[]) {
  const reader = new ShoutcastReader()
  const results: object[] = []
  for (const [i, piece] of pieces.entries()) {
    reader.push(piece)
    for (let result = reader.next(); result; result = reader.next()) {
      if (result.is === 'password') {
        results.push(result)
        continue
      }
      const after = pieces.slice(i + 1)
      if (result.is === 'headers') results.push({ ...result, rest: Buffer.concat([result.rest, ...after]) })
      else if (result.is === 'http')
        results.push({ is: 'http', bytes: Buffer.concat([result.bytes, ...after]) })
      else results.push(result)
      return results
    }
  }
  return results
}

export const shoutcast: Target = {
  name: 'shoutcast',
  about: 'Shoutcast sources: the same however cut',
  files: 'origin/source/',
  tokens: [
    'hackme\r\n',
    'icy-name: a\r\n',
    'icy-br: 128\n',
    'content-type: audio/aacp\r\n',
    '\r\n',
    '\r\r\n',
    '\n',
    'SOURCE /a HTTP/1.0\r\n',
    '/mount:',
    '\0',
  ],
  read: (input) => void read([input]),
  check: (input) => sameHoweverCut(input, read),
}

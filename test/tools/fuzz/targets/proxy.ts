import { ProxyHeaderReader } from '../../../../shared/http/proxy-protocol.ts'
import { sameHoweverCut } from '../cuts.ts'
import type { Target } from '../target.ts'

/** The result, and all bytes that belong to the request. */
function read(pieces: readonly Uint8Array[]) {
  const reader = new ProxyHeaderReader()
  for (const [i, piece] of pieces.entries()) {
    const first = reader.push(piece)
    if (first === undefined) continue
    if (first.is === 'bad') return first
    return { ...first, rest: Buffer.concat([first.rest, ...pieces.slice(i + 1)]) }
  }
  return 'more'
}

export const proxy: Target = {
  name: 'proxy',
  about: 'PROXY headers, versions 1 and 2: the same however cut',
  files: 'shared/http/',
  tokens: [
    'PROXY TCP4 192.0.2.9 198.51.100.1 1 443\r\n',
    'PROXY TCP6 2001:db8::1 ::1 1 2\r\n',
    'PROXY UNKNOWN',
    '\r\n\r\n\0\r\nQUIT\n',
    '\u0021\u0011\0\u000c',
    '\u0020\0\u0005\u0001',
    '\r\n',
    ' 65536',
    '\0',
  ],
  read: (input) => void read([input]),
  check: (input) => sameHoweverCut(input, read),
}

import { deepStrictEqual } from 'node:assert/strict'
import { HeadReader } from '../../../../origin/http/head.ts'
import { cleanInfo } from '../../../../origin/icy/clean.ts'
import { listenerHeaders, streamHeaders, streamInfo } from '../../../../origin/icy/headers.ts'
import { parseResponseHead } from '../../../../origin/relay/pull/response-head.ts'
import { bytesOf, type Target } from '../target.ts'

const none = { description: undefined, url: undefined, genre: undefined, bitrate: undefined }

/** The headers of a source's request or of an upstream's reply, as a mount keeps them; undefined where it is neither. */
function headersOf(input: Uint8Array) {
  const headers = receivedIn(input)
  return headers && cleanInfo({ contentType: '', headers }).headers
}

function receivedIn(input: Uint8Array): ReadonlyMap<string, string> | undefined {
  const asked = new HeadReader().push(input)
  if (asked && 'head' in asked) return asked.head.headers
  const answered = parseResponseHead(input)
  return answered === 'incomplete' || 'wrong' in answered ? undefined : answered.head.headers
}

export const streamHeadersTarget: Target = {
  name: 'stream-headers',
  about:
    'what a source or an upstream says of its stream: a relay of a relay tells its listeners the same; its numbers are numbers',
  files: 'origin/icy/',
  tokens: [
    ...[
      'SOURCE /a ICE/1.0\r\n',
      'HTTP/1.0 200 OK\r\n',
      'ICY 200 OK\r\n',
      'ice-',
      'icy-',
      'x-audiocast-',
      '\r\n\r\n',
    ],
    ...[
      'ice-name: a\r\n',
      'icy-br: 128\r\n',
      'ice-bitrate: 1\r\n',
      'ice-public: 1\r\n',
      'icy-metaint: 8192\r\n',
    ],
    ...[
      'ice-audio-info: bitrate=128;ice-samplerate=44100\r\n',
      '99999999999999999999',
      'e999',
      '\u00fc',
      '\u00ff',
    ],
  ],
  check(input) {
    const headers = headersOf(input)
    if (!headers) return
    const info = streamInfo(headers)
    if (info.bitrate !== undefined && !Number.isSafeInteger(info.bitrate))
      throw new Error(`the bitrate is ${info.bitrate}`)
    const told = listenerHeaders(headers)
    const lines = told.map(([name, value]) => `${name}: ${value}\r\n`)
    const relayed = headersOf(bytesOf(`HTTP/1.0 200 OK\r\n${lines.join('')}\r\n`))
    deepStrictEqual(relayed && listenerHeaders(relayed), told, 'a relay tells others')
    const named = streamInfo(streamHeaders(headers, { ...none, name: 'Ä name' }))
    deepStrictEqual(named, { ...info, name: 'Ä name' }, 'the operator names it')
  },
}

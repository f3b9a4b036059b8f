import { deepStrictEqual } from 'node:assert/strict'
import { parseRange } from '../../../../origin/files/range.ts'
import { parseResponseHead } from '../../../../origin/relay/pull/response-head.ts'
import { parseReply } from '../../../../origin/report/reply.ts'
import { parseBasic, printBasic } from '../../../../shared/http/credentials.ts'
import { latin1Of, type Target, textOf } from '../target.ts'

/** What a relay reads while bytes arrive: once it is complete, more bytes change nothing. */
export const replyHead: Target = {
  name: 'reply-head',
  about: "heads of upstreams' replies: more bytes after a complete head change nothing",
  files: 'origin/relay/pull/',
  tokens: [
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.0 ',
    'ICY 200 OK\r\n',
    'ICE/1.0 ',
    '\r\n\r\n',
    '\n\n',
    'icy-metaint: 8192\r\n',
    'Content-Type: audio/mpeg\r\n',
    '\r',
    ':',
    '\0',
  ],
  read: (input) => void parseResponseHead(input),
  check(input) {
    const whole = parseResponseHead(input)
    for (let end = 0; end < Math.min(input.length, 300); end++) {
      const part = parseResponseHead(input.subarray(0, end))
      if (part !== 'incomplete') return deepStrictEqual(part, whole, `complete after ${end} bytes`)
    }
  },
}

export const reply: Target = {
  name: 'reply',
  about: "deciders' answers to a report, ranges and logins: parsed within their bounds",
  files: 'origin/',
  tokens: [
    'accepted: 1\n',
    'accepted ',
    'interval ',
    'state draining\n',
    'edge http://a/b\n',
    'probe ok\n',
    'probe failed http://a why\n',
    'twin a\n',
    '\r\n',
    'bytes=',
    '-',
    ',',
    'Basic YTpi',
  ],
  read: (input) => void parseReply(textOf(input)),
  check(input) {
    const text = textOf(input)
    for (const url of parseReply(text)?.edgeUrls ?? [])
      if (!URL.canParse(url) || /\s/.test(url)) throw new Error(`an address ${url}`)
    const size = 1000
    const range = parseRange(latin1Of(input), size)
    if (typeof range === 'object' && !(range.start >= 0 && range.start <= range.end && range.end < size))
      throw new Error(`a range of ${range.start} to ${range.end}`)
    const login = parseBasic(latin1Of(input))
    if (login && !login.password.endsWith('\0'))
      deepStrictEqual(parseBasic(printBasic(login)), login, 'the login printed and parsed again')
  },
}

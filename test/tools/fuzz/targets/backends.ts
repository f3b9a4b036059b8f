import { deepStrictEqual } from 'node:assert/strict'
import { readAnswer } from '../../../../origin/auth/url/answer.ts'
import { readReply } from '../../../../origin/directories/reply.ts'
import { parseResponseHead } from '../../../../origin/relay/pull/response-head.ts'
import { audioInfoStats } from '../../../../origin/stats/audio-info.ts'
import { latin1Of, type Target } from '../target.ts'

const names = { authHeader: 'icecast-auth-user: 1', timelimitHeader: 'icecast-auth-timelimit' }

/** Answers of programs of others, of which only the head counts; and what a source says of its audio. */
export const backends: Target = {
  name: 'backends',
  about:
    'answers of auth backends and stream directories, and ice-audio-info: bounded, and no redirect with a login in it',
  files: 'origin/',
  tokens: [
    'HTTP/1.1 200 OK\r\n',
    'HTTP/1.1 403 why\r\n',
    'icecast-auth-user: 1\r\n',
    'icecast-auth-timelimit: 60\r\n',
    'Location: http://user:password@a/\r\n',
    'Location: javascript:a\r\n',
    'YPResponse: 1\r\n',
    'YPMessage: a\r\n',
    'SID: a\r\n',
    'TouchFreq: 200\r\n',
    'bitrate=128;',
    'samplerate=44100',
    '__proto__=1;',
    '%',
    '\r\n\r\n',
  ],
  read: (input) => void audioInfoStats(latin1Of(input)),
  check(input) {
    const stats = audioInfoStats(latin1Of(input))
    deepStrictEqual(JSON.parse(JSON.stringify(stats)), stats, 'printed as JSON and read again')
    const read = parseResponseHead(input)
    if (read === 'incomplete' || 'wrong' in read) return
    const { status, headers: all } = read.head
    const headers = { get: (name: string) => all.get(name) ?? null }
    const answer = readAnswer({ status, statusText: latin1Of(input), headers }, names)
    if (answer.admitted && !((answer.seconds ?? 1) > 0)) throw new Error(`listens for ${answer.seconds} s`)
    if (
      !answer.admitted &&
      'location' in answer &&
      !/^https?:\/\/[^/?#@\s]+(?:[/?#]\S*)?$/.test(answer.location)
    )
      throw new Error(`a redirect to ${answer.location}`)
    const reply = readReply(headers, status)
    if (reply.accepted && reply.touchMs !== undefined && !(reply.touchMs > 0))
      throw new Error(`a touch after ${reply.touchMs} ms`)
  },
}

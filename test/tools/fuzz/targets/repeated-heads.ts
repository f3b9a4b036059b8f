import { deepStrictEqual } from 'node:assert/strict'
import { namedObject } from '../../../../origin/hls/serve/named-object.ts'
import { HeadReader } from '../../../../origin/http/head.ts'
import { KnownHeads } from '../../../../origin/http/known-heads.ts'
import { RepeatedHead } from '../../../../origin/http/repeated-head.ts'
import { objectName } from '../../../../shared/hls/paths.ts'
import type { Target } from '../target.ts'

const read = (bytes: Uint8Array) => new HeadReader().push(Buffer.from(bytes))

/** Two heads, with a NUL between them, which no head has. */
function parted(input: Uint8Array): [Buffer, Buffer] {
  const nul = input.indexOf(0)
  const end = nul < 0 ? input.length : nul
  return [Buffer.from(input.subarray(0, end)), Buffer.from(input.subarray(end + 1))]
}

/** The second head, if it repeats the first one but for the object's name: what it says by that, and by being read. */
function checkRepeated(first: Buffer, second: Buffer): void {
  const whole = read(first)
  if (!whole || !('head' in whole) || whole.restAt !== first.length) return
  const before = RepeatedHead.of(first, whole.head)
  const nameEnd = before?.nameEndIn(second) ?? -1
  const object = before && nameEnd >= 0 ? namedObject(second, before.nameAt, nameEnd) : undefined
  if (!object) return
  const { head } = whole
  const path = head.path.slice(0, head.path.lastIndexOf('/') + 1) + objectName(object)
  deepStrictEqual(read(second), { head: { ...head, path }, restAt: second.length }, 'repeated, and read')
}

export const repeatedHeads: Target = {
  name: 'repeated-heads',
  about:
    'request heads that repeat one before, of which an origin compares the bytes: the same as when they are read',
  files: 'origin/http/',
  tokens: [
    'GET /hls/live.mp3/17.mp3?s=a HTTP/1.1\r\n',
    'GET /hls/live.mp3/media.m3u8 HTTP/1.1\r\n',
    'Host: a\r\n',
    'Cookie: a\r\n',
    'Range: bytes=0-1\r\n',
    'Content-Length: 5\r\n',
    '\r\n\r\n',
    '\n\n',
    '\0',
    '/18.mp3',
    'media.m3u8',
    '?',
    '%2f',
    ' ',
  ],
  read: (input) => void new KnownHeads().read(Buffer.from(input)),
  check(input) {
    const [first, second] = parted(input)
    const known = new KnownHeads()
    for (const bytes of [first, second, first, second]) {
      const remembered = known.read(bytes)
      if (remembered) deepStrictEqual(remembered, read(bytes), 'remembered, and read')
    }
    checkRepeated(first, second)
    checkRepeated(second, first)
  },
}

import { deepStrictEqual } from 'node:assert/strict'
import { printMount } from '../../../../shared/mount.ts'
import { parseStreamList, StreamListReader } from '../../../../shared/report/stream-list.ts'
import { sameHoweverCut } from '../cuts.ts'
import { latin1Of, type Target } from '../target.ts'

function read(pieces: readonly Uint8Array[]) {
  const reader = new StreamListReader()
  for (const piece of pieces) reader.push(latin1Of(piece))
  return reader.end()
}

export const streamList: Target = {
  name: 'stream-list',
  about: "masters' stream lists: the same however cut; printed and parsed again, the same entries",
  files: 'shared/report/',
  tokens: [
    '/live.mp3\n',
    'http://m:8000/',
    'https://m',
    '\n',
    '\r\n',
    '/admin/streams?mount=',
    '%2e%2e',
    '//',
    ' ',
    '?',
    '#',
    '@',
  ],
  read: (input) => void read([input]),
  check(input) {
    sameHoweverCut(input, read)
    const { entries } = read([input])
    const printed = entries.map(({ mount, base }) => `${base ?? ''}${printMount(mount)}\n`).join('')
    deepStrictEqual(parseStreamList(printed), { entries, refused: [], left: 0 }, 'printed and parsed again')
  },
}

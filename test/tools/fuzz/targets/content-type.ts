import { deepStrictEqual } from 'node:assert/strict'
import { formatOf, framerForFeed, mediaType, trueType } from '../../../../origin/format/formats.ts'
import { kindOfMount } from '../../../../origin/hls/formats.ts'
import { codecsOf, extensionOf, kindOfType } from '../../../../shared/hls/kinds.ts'
import { latin1Of, type Target } from '../target.ts'

const kinds = new Set<unknown>(['mp3', 'aac', 'opus', 'flac', 'none', undefined])

export const contentType: Target = {
  name: 'content-type',
  about:
    "content types of sources: a known format and kind of HLS or none; a stream's true type is its own true type",
  files: 'shared/hls/',
  tokens: [
    'audio/mpeg',
    'audio/aacp',
    'audio/ogg',
    '; codecs=opus',
    'codecs="flac"',
    'video/webm',
    'constructor',
    '__proto__',
    ' ',
    ';',
    '"',
  ],
  read: (input) => void kindOfType(latin1Of(input)),
  check(input) {
    const text = latin1Of(input)
    const format = formatOf(text)
    deepStrictEqual(formatOf(mediaType(text)), format, 'the format without parameters')
    deepStrictEqual(trueType(text, format), text, 'the true type')
    framerForFeed(format).push(Uint8Array.from(input))
    const kind = kindOfType(text)
    for (const each of [
      kind,
      kindOfMount({ format, facts: undefined }),
      kindOfMount({ format: 'ogg', facts: { subtype: text } }),
    ])
      if (!kinds.has(each)) throw new Error(`a kind ${each}`)
    if (kind && (!extensionOf(kind) || !codecsOf(kind))) throw new Error(`${kind} has no extension or codecs`)
  },
}

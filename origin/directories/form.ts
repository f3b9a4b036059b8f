import { formEscaped } from '../lib/form-escape.ts'

/** A mount as directories list it. */
export interface PublicStream {
  name: string
  genre: string
  description: string
  url: string
  /** the URL of the stream */
  listenUrl: string
  contentType: string
  subtype: string
  /** kbit/s */
  bitrate: string
  audioInfo: string
  /** the current title */
  song: string
  listeners: number
  maxListeners: number
}

type Field = readonly [name: string, value: string | number]

const print = (fields: readonly Field[]) =>
  fields.map(([name, value]) => `${name}=${formEscaped(Buffer.from(String(value)))}`).join('&')

// The bodies that Icecast 2.4 sends (docs/icecast.md#directories), byte for byte: directories were written against them.

/** Asks to be listed. The audio info comes last, without a name. */
export const addForm = (stream: PublicStream): string =>
  `${print([
    ['action', 'add'],
    ['sn', stream.name],
    ['genre', stream.genre],
    ['cpswd', ''],
    ['desc', stream.description],
    ['url', stream.url],
    ['listenurl', stream.listenUrl],
    ['type', stream.contentType],
    ['stype', stream.subtype],
    ['b', stream.bitrate],
  ])}&${formEscaped(Buffer.from(stream.audioInfo))}\r\n`

/** Says that a mount still plays, its title, and its listeners. The directory's SID is sent back unchanged. */
export const touchForm = (sid: string, stream: PublicStream): string =>
  `action=touch&sid=${sid}&${print([
    ['st', stream.song],
    ['listeners', stream.listeners],
    ['max_listeners', stream.maxListeners],
    ['stype', stream.subtype],
  ])}\r\n`

/** Ends a listing. */
export const removeForm = (sid: string): string => `action=remove&sid=${sid}`

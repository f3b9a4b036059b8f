import { trimmedEnd } from '../../shared/trim.ts'
import { type EncodeText, encoderFor } from './charset.ts'

/** Content of an ICY metadata block: the current title and, where given, a URL. */
export interface IcyMetadata {
  title: string
  url: string | undefined
}

/** bytes of text that fit in one block: its length byte counts units of 16 */
const textBytesMax = 255 * 16
/** bytes of a URL and what is around it: one that takes more than half of a block would leave no room for the title */
const urlBytesMax = textBytesMax / 2
const utf8 = new TextDecoder('utf-8', { fatal: true })
const latin1 = new TextDecoder('latin1')

/** `';` ends a value and cannot be escaped; a typographic quote reads the same. Line ends and NUL break players. */
const clean = (value: string) => value.replaceAll("';", '’;').replace(/[\0\r\n]+/g, ' ')

/**
 * Encodes one block: length byte, text, and NULs up to a multiple of 16, at least one, as Icecast 2.4 does.
 * A title beyond 4079 bytes is cut between two characters. A URL beyond half of that is left out, as a part of it leads nowhere.
 */
export function encodeMetadata(
  { title, url }: IcyMetadata,
  encode: EncodeText = encoderFor(undefined),
): Uint8Array {
  const end = encode("';")
  const withUrl = url === undefined ? end : encode(`';StreamUrl='${clean(url)}';`)
  const tail = withUrl.length > urlBytesMax ? end : withUrl
  const head = encode("StreamTitle='")
  const room = textBytesMax - 1 - head.length - tail.length
  const body = cutText(encode(clean(title)), room)
  const sixteens = Math.floor((head.length + body.length + tail.length) / 16) + 1
  const block = new Uint8Array(1 + sixteens * 16)
  block[0] = sixteens
  block.set(head, 1)
  block.set(body, 1 + head.length)
  block.set(tail, 1 + head.length + body.length)
  return block
}

/** Cuts UTF-8 text to this many bytes without splitting a character. */
function cutText(text: Uint8Array, bytesMax: number): Uint8Array {
  if (text.length <= bytesMax) return text
  let end = bytesMax
  while (end > 0 && ((text[end] ?? 0) & 0xc0) === 0x80) end--
  return text.subarray(0, end)
}

/** Decodes the text of a block (without its length byte) as UTF-8, else latin1; undefined if it carries no title. */
export function decodeMetadata(bytes: Uint8Array): IcyMetadata | undefined {
  const text = trimmedEnd(decodeText(bytes), '\0')
  const [, rest] = /StreamTitle='(.*)/s.exec(text) ?? []
  if (rest === undefined) return undefined
  // a title may contain quotes and semicolons: it ends where StreamUrl begins, else at the last "';"
  const [, beforeUrl, urlRest] = /^(.*?)';\s*StreamUrl='(.*)/s.exec(rest) ?? []
  return {
    title: beforeUrl ?? untilQuote(rest),
    url: urlRest === undefined ? undefined : untilQuote(urlRest),
  }
}

function untilQuote(text: string): string {
  const end = text.lastIndexOf("';")
  return end < 0 ? text.replace(/'?;?$/, '') : text.slice(0, end)
}

/** Decodes text of unknown charset: UTF-8 if it is valid UTF-8, else latin1, which accepts any bytes. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return latin1.decode(bytes)
  }
}

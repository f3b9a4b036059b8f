import { segmentExtensions } from '../../../shared/hls/kinds.ts'
import { type HlsObject, objectName } from '../../../shared/hls/paths.ts'
import { says } from '../../http/repeated-head.ts'

const media: HlsObject = { kind: 'media' }
const mediaName = objectName(media)
const [zero, nine, dot] = [0x30, 0x39, 0x2e]
/** digits of a number that is exact as a double */
const digitsMax = 15

/**
 * The playlist or segment that the bytes between two offsets name, without a string of them: players ask for these alone all the
 * time. Undefined for all else, which `parseHlsPath` reads.
 */
export function namedObject(bytes: Uint8Array, from: number, to: number): HlsObject | undefined {
  if (to - from === mediaName.length && says(bytes, mediaName, from)) return media
  let number = 0
  let at = from
  for (; at < to && at - from < digitsMax; at++) {
    const digit = bytes[at] ?? 0
    if (digit < zero || digit > nine) break
    number = number * 10 + digit - zero
  }
  const digits = at - from
  // each object has one name
  if (digits === 0 || (digits > 1 && bytes[from] === zero) || bytes[at] !== dot) return undefined
  for (const extension of segmentExtensions)
    if (to - at - 1 === extension.length && says(bytes, extension, at + 1))
      return { kind: 'segment', number, extension }
  return undefined
}

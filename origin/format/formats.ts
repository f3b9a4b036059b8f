import { adtsFormat } from './adts.ts'
import { FrameFramer } from './frame-framer.ts'
import { ByteFramer, type Framer } from './framer.ts'
import { FormatError } from './limits.ts'
import { mpegFormat } from './mpeg.ts'
import { OggFramer } from './ogg/ogg-framer.ts'
import { SniffingFramer } from './sniffing.ts'
import { WebmFramer } from './webm/webm-framer.ts'

/** A content type without its parameters, in lower case: `audio/ogg; codecs=opus` is `audio/ogg`. */
export const mediaType = (contentType: string): string =>
  contentType.split(';')[0]?.trim().toLowerCase() ?? ''

const ogg = new Set(['application/ogg', 'audio/ogg', 'video/ogg', 'application/x-ogg'])
const webm = new Set([
  'audio/webm',
  'video/webm',
  'audio/x-matroska',
  'video/x-matroska',
  'video/x-matroska-3d',
])

const mpeg = new Set(['audio/mpeg', 'audio/mp3', 'audio/x-mpeg', 'audio/mpeg3'])
const adts = new Set(['audio/aac', 'audio/aacp', 'audio/x-aac'])

/**
 * The format that two streams must share for a listener to continue from one to the other: equal for all names of one
 * format. Icecast 2.4 only distinguishes Ogg, EBML and everything else, and so sends AAC to an MP3 player.
 */
export function formatOf(contentType: string): string {
  const type = mediaType(contentType)
  if (ogg.has(type)) return 'ogg'
  if (webm.has(type)) return 'webm'
  if (mpeg.has(type)) return 'mpeg'
  return adts.has(type) ? 'adts' : type
}

/** The framer for a format as {@link formatOf} names it; for unknown formats, bytes pass as they come. */
export function framerOf(format: string): Framer {
  switch (format) {
    case 'ogg':
      return new OggFramer()
    case 'webm':
      return new WebmFramer()
    case 'mpeg':
      return new FrameFramer(mpegFormat)
    case 'adts':
      return new FrameFramer(adtsFormat)
    default:
      return new ByteFramer(format)
  }
}

/** The framer for a content type that is known to be correct. */
export const framerFor = (contentType: string): Framer => framerOf(formatOf(contentType))

/** The framer for a feed, which may send another format than it announces. @param format the announced format */
export const framerForFeed = (format: string): Framer => new SniffingFramer(framerOf(format), framerOf)

/** content types for listeners when a feed announces one format and sends another */
const trueTypes: Readonly<Record<string, string>> = {
  mpeg: 'audio/mpeg',
  adts: 'audio/aac',
  ogg: 'application/ogg',
  webm: 'video/webm',
}

/** Whether this server can find frames or pages of this format; false if only its name is known. */
export const isFormat = (format: string): boolean => Object.hasOwn(trueTypes, format)

/**
 * The content type for a stream of this format that was announced as another one: players that trust a wrong type
 * cannot play it. An unknown name is kept, because it matches none of the known formats.
 */
export function trueType(contentType: string, format: string): string {
  return isFormat(formatOf(contentType)) && formatOf(contentType) !== format
    ? (trueTypes[format] ?? contentType)
    : contentType
}

/** Whether a stream consists of pages or Clusters after a header, so that a listener can begin only there. */
export function isContainer(contentType: string): boolean {
  const format = formatOf(contentType)
  return format === 'ogg' || format === 'webm'
}

/**
 * Length of the header at the start of a container's stream, as a mount would keep it; undefined if it is incomplete, 0
 * if there is no such header.
 */
export function headerLength(contentType: string, bytes: Uint8Array): number | undefined {
  const framer = framerFor(contentType)
  try {
    framer.push(bytes)
  } catch (error) {
    if (error instanceof FormatError) return 0
    throw error
  }
  return framer.take().headers?.[0]?.at
}

/** Offset of the first frame in a stream that may begin within one; 0 if no frame is known. */
export function firstFrame(contentType: string, bytes: Uint8Array): number {
  const framer = framerFor(contentType)
  framer.push(bytes)
  return framer.take().frames[0] ?? 0
}

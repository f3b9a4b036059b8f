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
 * What a listener who hears one stream must find in another to go on with it: equal for the names of one format.
 * Icecast 2.4 tells no more than Ogg, EBML and the rest apart, and so gives AAC to a player of MP3.
 */
export function formatOf(contentType: string): string {
  const type = mediaType(contentType)
  if (ogg.has(type)) return 'ogg'
  if (webm.has(type)) return 'webm'
  if (mpeg.has(type)) return 'mpeg'
  return adts.has(type) ? 'adts' : type
}

/** The framer of a format, as {@link formatOf} names it; bytes as they come where we know no frames. */
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

/** The framer for a content type that is known to be true. */
export const framerFor = (contentType: string): Framer => framerOf(formatOf(contentType))

/** The framer for what a feed sends, which may be something else than it says. @param format what it was taken for */
export const framerForFeed = (format: string): Framer => new SniffingFramer(framerOf(format), framerOf)

/** what listeners are told where a feed says that it is one format and sends another */
const trueTypes: Readonly<Record<string, string>> = {
  mpeg: 'audio/mpeg',
  adts: 'audio/aac',
  ogg: 'application/ogg',
  webm: 'video/webm',
}

/** Whether frames or pages of this format are found, or of its name nothing but the bytes is known. */
export const isFormat = (format: string): boolean => Object.hasOwn(trueTypes, format)

/**
 * The content type of a stream of this format that was announced by another: players that trust a wrong one cannot play
 * it. A name that we do not know is none of the others, and stays.
 */
export function trueType(contentType: string, format: string): string {
  return isFormat(formatOf(contentType)) && formatOf(contentType) !== format
    ? (trueTypes[format] ?? contentType)
    : contentType
}

/** Whether a stream is of pages or Clusters behind a header, and so begun nowhere else. */
export function isContainer(contentType: string): boolean {
  const format = formatOf(contentType)
  return format === 'ogg' || format === 'webm'
}

/**
 * How many of the first bytes of a container's stream are its header, as a mount would keep it; undefined while it is
 * not whole, 0 where it is none that a mount would keep.
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

/** Where the first frame begins in a stream that may begin within one; 0 where no frame is known. */
export function firstFrame(contentType: string, bytes: Uint8Array): number {
  const framer = framerFor(contentType)
  framer.push(bytes)
  return framer.take().frames[0] ?? 0
}

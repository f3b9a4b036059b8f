import { adtsFormat } from './adts.ts'
import { ByteFramer, type Framer } from './framer.ts'
import { FrameFramer } from './frames.ts'
import { FormatError } from './limits.ts'
import { mpegFormat } from './mpeg.ts'
import { OggFramer } from './ogg/ogg-framer.ts'
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

/** The framer for a content type; bytes as they come where we know no frames. */
export function framerFor(contentType: string): Framer {
  const type = mediaType(contentType)
  if (ogg.has(type)) return new OggFramer()
  if (webm.has(type)) return new WebmFramer()
  switch (type) {
    case 'audio/mpeg':
    case 'audio/mp3':
    case 'audio/x-mpeg':
    case 'audio/mpeg3':
      return new FrameFramer(mpegFormat)
    case 'audio/aac':
    case 'audio/aacp':
    case 'audio/x-aac':
      return new FrameFramer(adtsFormat)
    default:
      return new ByteFramer()
  }
}

/** Whether a stream is of pages or Clusters behind a header, and so begun nowhere else. */
export function isContainer(contentType: string): boolean {
  const type = mediaType(contentType)
  return ogg.has(type) || webm.has(type)
}

/** Whether ICY metadata may be woven in: containers, which carry their own titles, would be broken by it. */
export const takesIcy = (contentType: string): boolean => !isContainer(contentType)

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

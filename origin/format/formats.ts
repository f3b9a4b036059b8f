import { adtsFormat } from './adts.ts'
import { ByteFramer, type Framer } from './framer.ts'
import { FrameFramer } from './frames.ts'
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

/** Whether ICY metadata may be woven in: containers that carry their own titles would be broken by it. */
export function takesIcy(contentType: string): boolean {
  const type = mediaType(contentType)
  return !ogg.has(type) && !webm.has(type)
}

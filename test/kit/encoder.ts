import { onTestFinished } from 'vitest'
import { type Program, start } from './process.ts'
import { secrets } from './runtimes.ts'

/** How ffmpeg encodes. */
export type EncoderFormat = readonly [name: string, contentType: string, flags: readonly string[]]

/** What ffmpeg encodes a tone and noise to, neither of which gets small: name, content type, flags. */
export const containers = [
  ['Ogg Opus', 'audio/ogg; codecs=opus', ['-c:a', 'libopus', '-b:a', '256k', ...oggFlags()]],
  ['Ogg Vorbis', 'application/ogg', ['-c:a', 'libvorbis', '-q:a', '9', ...oggFlags()]],
  ['Ogg FLAC', 'audio/ogg', ['-c:a', 'flac', ...oggFlags()]],
  ['WebM', 'audio/webm', ['-c:a', 'libopus', '-b:a', '256k', '-cluster_time_limit', '500', '-f', 'webm']],
] as const

function oggFlags() {
  return ['-page_duration', '200000', '-f', 'ogg'] as const
}

/** a tone and noise, which no codec makes small */
export const sound = 'aevalsrc=0.3*sin(880*PI*t)+0.3*random(0)|0.3*random(1):s=48000'

/** Starts ffmpeg as a source of this format, stereo at 48 kHz, which says who sings what where the format can; until the test ends. */
export function encode(mountUrl: string, format: (typeof containers)[number]): void {
  const encoder = startEncoder(mountUrl, format)
  onTestFinished(() => encoder.stop())
}

/** The same until it is stopped. */
export function startEncoder(mountUrl: string, [name, contentType, flags]: EncoderFormat): Program {
  const to = mountUrl.replace('http://', `icecast://source:${secrets.source}@`)
  const tags = ['-metadata', 'artist=Ä', '-metadata', `title=${name}`]
  const input = ['-v', 'error', '-re', '-f', 'lavfi', '-i', sound]
  return start('ffmpeg', [...input, ...flags, ...tags, '-content_type', contentType, to])
}

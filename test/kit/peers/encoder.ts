import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { type Program, start } from '../process/process.ts'
import { encodedVariable } from '../process/programs.ts'
import { secrets } from '../process/runtimes.ts'

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

/** The same until it is stopped. It sends packets that were encoded before, since to encode them anew for each test costs ten times as much. */
export function startEncoder(mountUrl: string, format: EncoderFormat): Program {
  const [name, contentType, flags] = format
  const to = mountUrl.replace('http://', `icecast://source:${secrets.source}@`)
  const tags = ['-metadata', 'artist=Ä', '-metadata', `title=${name}`]
  const input = ['-v', 'error', '-re', '-stream_loop', '-1', '-i', encodedOnce(format)]
  return start('ffmpeg', [
    ...input,
    '-c',
    'copy',
    ...ofMuxer(flags),
    ...tags,
    '-content_type',
    contentType,
    to,
  ])
}

/** s of packets: longer than what a test hears of bytes that it looks for, since they come again after it */
const encodedSeconds = 40

/** A file of a format, which all processes of a run share. */
function encodedOnce([, , flags]: EncoderFormat): string {
  const folder = process.env[encodedVariable] ?? tmpdir()
  const key = createHash('sha256').update(flags.join(' ')).digest('hex').slice(0, 16)
  const file = join(folder, `encoded-${key}`)
  if (existsSync(file)) return file
  const own = `${file}-${process.pid}`
  encodeFile(sound, ['-t', String(encodedSeconds), ...flags], own)
  renameSync(own, file) // another process may look for it meanwhile
  return file
}

/** Writes what ffmpeg makes of a sound of its own (lavfi) to a file. */
export const encodeFile = (lavfi: string, flags: readonly string[], file: string): void =>
  void execFileSync('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', lavfi, ...flags, file])

/** The flags that say how packets are packed, which hold for packets that are encoded already. */
const ofMuxer = (flags: readonly string[]) => flags.filter((_, i) => muxing.has(flags[i - (i % 2)] ?? ''))
const muxing = new Set(['-page_duration', '-cluster_time_limit', '-f'])

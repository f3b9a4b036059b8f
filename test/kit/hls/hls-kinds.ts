import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Programme } from '../audio/source.ts'
import { encodeFile } from '../peers/encoder.ts'
import { fixture, pagesOf } from '../process/fixtures.ts'

/** A way to encode audio that HLS can hold, as ffmpeg makes it. */
export interface HlsSound {
  name: string
  extension: 'mp3' | 'aac' | 'ogg'
  /** `CODECS` of its multivariant playlist */
  codecs: string
  /** Hz, of what a player decodes */
  samplerate: number
  channels: number
  /** samples that a player decodes of one packet */
  packetSamples: number
  /** of ffmpeg; undefined: a fixture that ffmpeg cannot make */
  flags: readonly string[] | undefined
}

const bare = ['-write_xing', '0', '-id3v2_version', '0', '-f', 'mp3']
const mp3 = (samplerate: number, channels: number, flags: readonly string[]): HlsSound => ({
  name: `MP3 ${flags.join(' ').replaceAll('-', '')} ${samplerate} Hz ${channels === 1 ? 'mono' : 'stereo'}`,
  extension: 'mp3',
  codecs: 'mp4a.40.34',
  samplerate,
  channels,
  packetSamples: samplerate < 32_000 ? 576 : 1152,
  flags: ['-c:a', 'libmp3lame', ...flags, ...bare],
})
const oggPages = ['-page_duration', '200000', '-metadata', 'title=One', '-f', 'ogg']
const stereo48 = { samplerate: 48_000, channels: 2 } as const

/** Every kind of sound that is an HLS stream, by codec, rate, channels and constant or variable bitrate. */
export const hlsSounds: readonly HlsSound[] = [
  mp3(44_100, 2, ['-b:a', '128k']),
  mp3(48_000, 2, ['-q:a', '4']),
  mp3(32_000, 1, ['-b:a', '64k']),
  mp3(24_000, 2, ['-b:a', '56k']),
  mp3(22_050, 1, ['-b:a', '32k']),
  {
    name: 'MPEG layer II',
    extension: 'mp3',
    codecs: 'mp4a.40.33',
    ...stereo48,
    packetSamples: 1152,
    flags: ['-c:a', 'mp2', '-b:a', '192k', '-f', 'mp2'],
  },
  {
    name: 'AAC-LC',
    extension: 'aac',
    codecs: 'mp4a.40.2',
    samplerate: 44_100,
    channels: 2,
    packetSamples: 1024,
    flags: ['-c:a', 'aac', '-aac_pns', '0', '-b:a', '128k', '-f', 'adts'],
  },
  {
    name: 'HE-AAC',
    extension: 'aac',
    codecs: 'mp4a.40.5',
    samplerate: 44_100,
    channels: 2,
    packetSamples: 2048,
    flags: undefined,
  },
  {
    name: 'Opus',
    extension: 'ogg',
    codecs: 'opus',
    ...stereo48,
    packetSamples: 960,
    flags: ['-c:a', 'libopus', '-b:a', '64k', ...oggPages],
  },
  {
    name: 'FLAC',
    extension: 'ogg',
    codecs: 'fLaC',
    ...stereo48,
    packetSamples: 4608,
    flags: ['-c:a', 'flac', ...oggPages],
  },
]

/** A sound in a file, and how a source sends it. */
export interface EncodedSound {
  file: string
  /** size and hash of each packet, one a line, as ffmpeg reads them from the file */
  packets: string
  programme: Programme
}

/** of he-aac.aac */
const fixtureSeconds = 10

/** Encodes noise, in which no stretch comes twice, for so many seconds. */
export function encodeSound(
  { name, extension, samplerate, channels, flags }: HlsSound,
  seconds: number,
  folder: string,
): EncodedSound {
  const file = join(folder, `${name.replaceAll(' ', '-')}.${extension}`)
  const noise = `anoisesrc=duration=${seconds}:sample_rate=${samplerate}:amplitude=0.2:seed=7`
  if (flags) encodeFile(noise, ['-ac', String(channels), ...flags], file)
  else
    writeFileSync(
      file,
      Buffer.concat(
        Array.from({ length: Math.ceil(seconds / fixtureSeconds) }, () =>
          fixture(`${name.toLowerCase()}.${extension}`),
        ),
      ),
    )
  const packets = packetsIn(ffmpeg(['-i', file, '-c', 'copy', '-f', 'framemd5', '-']).toString())
  return { file, packets, programme: extension === 'ogg' ? pagesIn(file, seconds) : framesIn(file) }
}

/** Size and hash of each packet in ffmpeg's `framemd5`, one a line. */
export const packetsIn = (framemd5: string): string =>
  framemd5
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => `${line.split(',').slice(4, 6).join().trim()}\n`)
    .join('')

/** ffmpeg's output. */
export const ffmpeg = (args: readonly string[]): Buffer =>
  execFileSync('ffmpeg', ['-v', 'error', '-nostdin', ...args], { maxBuffer: 1 << 28 })

function pagesIn(file: string, seconds: number): Programme {
  const bytes = readFileSync(file)
  const pages = pagesOf(bytes).map((at, page, all) => bytes.subarray(at, all[page + 1] ?? bytes.length))
  return looped(pages, (seconds * 1000) / pages.length)
}

/** Frames as ffprobe finds them, which is not our parser. */
function framesIn(file: string): Programme {
  const bytes = readFileSync(file)
  const rows = execFileSync(
    'ffprobe',
    ['-v', 'error', '-show_entries', 'packet=duration_time,size,pos', '-of', 'csv=p=0', file],
    { encoding: 'utf8', maxBuffer: 1 << 26 },
  )
  const frames = rows
    .trim()
    .split('\n')
    .map((row) => row.split(',').map(Number))
  const [[seconds = 0] = []] = frames
  return looped(
    frames.map(([, size = 0, at = 0]) => bytes.subarray(at, at + size)),
    seconds * 1000,
  )
}

const looped = (pieces: readonly Uint8Array[], frameMs: number): Programme => ({
  at: (n) => pieces[n % pieces.length] ?? new Uint8Array(),
  frameMs,
})

/**
 * How decoded samples (32 bit floats) lie in those of the source: where they begin, in samples of one channel, and the greatest
 * difference after so many of them, in which a decoder that joins late becomes exact.
 */
export function compareSamples(
  heard: Float32Array,
  source: Float32Array,
  { channels, packetSamples }: Pick<HlsSound, 'channels' | 'packetSamples'>,
  settleSamples: number,
): { at: number; difference: number } {
  const window = 512
  const probe = heard.subarray(settleSamples * channels, (settleSamples + window) * channels)
  let [best, bestError] = [0, Number.POSITIVE_INFINITY]
  // players differ in what they skip before the first sample: nothing, or the lead-in of the codec
  for (let at = -packetSamples; at * channels < source.length; at++) {
    let error = 0
    for (let i = 0; i < probe.length && error < bestError; i += 7)
      error += Math.abs((probe[i] ?? 0) - (source[(at + settleSamples) * channels + i] ?? 0))
    if (error < bestError) [best, bestError] = [at, error]
  }
  let difference = 0
  for (let i = settleSamples * channels; i < heard.length; i++)
    difference = Math.max(difference, Math.abs((heard[i] ?? 0) - (source[best * channels + i] ?? 1)))
  return { at: best, difference }
}

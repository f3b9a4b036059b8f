import type { AboutMount } from '../report/about-mount.ts'
import { valueIn } from '../value-in.ts'

/** How a mount is packaged: MP3 and AAC as packed audio, Opus and FLAC as fragmented MP4 (RFC 8216 §3.3, §3.4). */
export type HlsKind = 'mp3' | 'aac' | 'opus' | 'flac'

/** Last part of a segment's name. */
export const segmentExtensions = ['mp3', 'aac', 'm4s'] as const
export type SegmentExtension = (typeof segmentExtensions)[number]

const extensions: Record<HlsKind, SegmentExtension> = { mp3: 'mp3', aac: 'aac', opus: 'm4s', flac: 'm4s' }
export const extensionOf = (kind: HlsKind): SegmentExtension => extensions[kind]

/** Content type of a segment; of an `EXT-X-MAP` it is `audio/mp4`. */
export const segmentTypes: Record<SegmentExtension, string> = {
  mp3: 'audio/mpeg',
  aac: 'audio/aac',
  m4s: 'audio/mp4',
}

const kindsOfType: Readonly<Record<string, HlsKind>> = {
  'audio/mpeg': 'mp3',
  'audio/mp3': 'mp3',
  'audio/x-mpeg': 'mp3',
  'audio/mpeg3': 'mp3',
  'audio/aac': 'aac',
  'audio/aacp': 'aac',
  'audio/x-aac': 'aac',
  'audio/flac': 'flac',
}

/**
 * The kind that a content type names: undefined where it names none, as `audio/ogg` alone does: its master knows the codec, and
 * reports whether the mount is packaged (` hls:`).
 */
export function kindOfType(contentType: string): HlsKind | undefined {
  const [type = '', ...parameters] = contentType.toLowerCase().split(';')
  const named = valueIn(kindsOfType, type.trim())
  if (named) return named
  const codecs = parameters.map((each) => each.trim()).find((each) => each.startsWith('codecs='))
  const codec = codecs?.slice('codecs='.length).replaceAll('"', '').trim()
  return codec === 'opus' || codec === 'flac' ? codec : undefined
}

/**
 * Whether a mount is an HLS stream too: a master says so of each; without a master only the content type tells.
 * @param about what its master says; the stats of a polled slave tell nothing of HLS
 */
export const isPackaged = (about: AboutMount | undefined, contentType: string): boolean =>
  about ? about.hls !== undefined : kindOfType(contentType) !== undefined

/** What the frames of a stream say about it, as far as {@link codecsOf} depends on it. */
export interface FrameFacts {
  /** Hz; undefined: unknown */
  readonly samplerate?: number | undefined
  /** of MPEG audio, 1 to 3; undefined: unknown */
  readonly layer?: number | undefined
}

/** Hz: at or below it, AAC is taken for HE-AAC, whose core runs at half the rate; ADTS does not say (hls.js decides the same way) */
const heRateMax = 24_000

/** `CODECS` of a variant (RFC 6381): the object types of MPEG-4 32, 33 and 34 are layers I, II and III (ISO/IEC 14496-3 table 1.17). */
export function codecsOf(kind: HlsKind, { samplerate, layer = 3 }: FrameFacts = {}): string {
  if (kind === 'mp3') return `mp4a.40.${31 + layer}`
  if (kind === 'aac') return samplerate !== undefined && samplerate <= heRateMax ? 'mp4a.40.5' : 'mp4a.40.2'
  return kind === 'opus' ? 'opus' : 'fLaC'
}

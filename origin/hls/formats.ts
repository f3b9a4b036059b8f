import type { HlsKind } from '../../shared/hls/kinds.ts'
import { valueIn } from '../../shared/value-in.ts'
import { FrameUnits } from './frame-units.ts'
import { OggUnits } from './ogg-units.ts'
import type { PackagedSource } from './packaged-source.ts'
import type { Segmenter } from './segmenter.ts'
import type { Units } from './units.ts'

/** What packages a mount of this format; undefined if HLS has no place for it. */
export const unitsFor = (source: PackagedSource, segmenter: Segmenter): Units | undefined =>
  source.format === 'ogg' ? new OggUnits(source.header, segmenter) : FrameUnits.of(source.format, segmenter)

/** Whether the titles of this format are in its audio, where {@link Units} find them, and the mount only repeats them. */
export const hasTitlesInside = (format: string): boolean => format === 'ogg'

const kinds: Readonly<Record<string, HlsKind>> = { mpeg: 'mp3', adts: 'aac' }
/** by the codecs in an Ogg stream, as its header names them */
const kindsInOgg: Readonly<Record<string, HlsKind>> = { Opus: 'opus', FLAC: 'flac' }

/** A mount, as far as its kind depends on it. */
export type KnownMount = Pick<PackagedSource, 'format' | 'facts'>

/**
 * How a running mount is packaged; `none` if HLS has no place for it, undefined if that is not known: it does not run, or the header
 * of its container has not arrived.
 */
export function kindOfMount(mount: KnownMount | undefined): HlsKind | 'none' | undefined {
  if (mount?.format !== 'ogg') return mount && (valueIn(kinds, mount.format) ?? 'none')
  return mount.facts && (valueIn(kindsInOgg, mount.facts.subtype) ?? 'none')
}

/** Why a mount of kind `none` is not an HLS stream. */
export function whyNotPackaged({ format, facts }: KnownMount): string {
  const codec = facts?.subtype ?? format
  return `this mount is ${codec}, and HLS has no place for it: it takes MP3, AAC, and Opus or FLAC in Ogg`
}

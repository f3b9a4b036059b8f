import type { HlsKind } from '../../shared/hls/kinds.ts'
import { FrameUnits } from './frame-units.ts'
import type { PackagedSource } from './packaged-source.ts'
import type { Segmenter } from './segmenter.ts'
import type { Units } from './units.ts'

/** What packages a mount of this format; undefined if HLS has no place for it. */
export const unitsFor = (source: PackagedSource, segmenter: Segmenter): Units | undefined =>
  FrameUnits.of(source.format, segmenter)

const kinds: Readonly<Record<string, HlsKind>> = { mpeg: 'mp3', adts: 'aac' }

/** How a running mount is packaged; `none` if HLS has no place for it, undefined if it does not run, so it is not known. */
export const kindOfMount = (
  mount: Pick<PackagedSource, 'format'> | undefined,
): HlsKind | 'none' | undefined => mount && (kinds[mount.format] ?? 'none')

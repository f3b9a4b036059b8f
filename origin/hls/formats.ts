import { FrameUnits } from './frame-units.ts'
import type { PackagedSource } from './packaged-source.ts'
import type { Segmenter } from './segmenter.ts'
import type { Units } from './units.ts'

/** What packages a mount of this format; undefined if HLS has no place for it. */
export const unitsFor = (source: PackagedSource, segmenter: Segmenter): Units | undefined =>
  FrameUnits.of(source.format, segmenter)

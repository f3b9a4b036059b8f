import { limits } from '../limits.ts'
import { hlsLimits } from './limits.ts'
import { variantId } from './manifest.ts'

/** One variant: the same audio at one server. */
export interface Variant {
  /** letters, digits, `.`, `-` and `_` (shared/hls/pathway.ts) */
  pathway: string
  /** of its media playlist, with the session's query */
  url: string
}

export interface Multivariant {
  /** in order of preference; at least one */
  variants: readonly Variant[]
  /** bit/s, peak */
  bandwidth: number
  codecs: string | undefined
  /** absolute or relative; undefined: nobody steers */
  steeringUrl: string | undefined
}

/**
 * `BANDWIDTH` of a mount, bit/s: that of its largest segments with what they hold in addition to the audio (RFC 8216 §4.3.4.2), which is
 * more than the mean.
 * @param kbps mean of the audio; 0: unknown
 */
export function bandwidthOf(kbps: number): number {
  const { peakShare, addedKbps } = hlsLimits
  return Math.ceil((kbps || limits.bitrateDefaultKbps) * (1 + peakShare) + addedKbps) * 1000
}

/** Prints a multivariant playlist (RFC 8216 §4.3.4; content steering by draft-pantos-hls-rfc8216bis §4.4.6.6). */
export function printMultivariant({ variants, bandwidth, codecs, steeringUrl }: Multivariant): string {
  const [first] = variants
  const lines = ['#EXTM3U', '#EXT-X-VERSION:6', '#EXT-X-INDEPENDENT-SEGMENTS']
  if (steeringUrl !== undefined && first)
    lines.push(`#EXT-X-CONTENT-STEERING:SERVER-URI="${steeringUrl}",PATHWAY-ID="${first.pathway}"`)
  for (const { pathway, url } of variants) {
    const attributes = [
      `BANDWIDTH=${bandwidth}`,
      ...(codecs === undefined ? [] : [`CODECS="${codecs}"`]),
      `PATHWAY-ID="${pathway}"`,
      `STABLE-VARIANT-ID="${variantId}"`,
    ]
    lines.push(`#EXT-X-STREAM-INF:${attributes.join(',')}`, url)
  }
  return `${lines.join('\n')}\n`
}

import { codecsOf, type FrameFacts, type HlsKind } from '../hls/kinds.ts'

/**
 * The `codecs` parameter that a master adds to the content type of MP3 or AAC which would be taken for another codec otherwise: layers
 * I and II, and HE-AAC. Undefined for all others.
 */
export function unusualCodecsOf(kind: HlsKind, facts: FrameFacts | undefined): string | undefined {
  const codecs = codecsOf(kind, facts)
  return codecs === codecsOf(kind) ? undefined : codecs
}

/** `CODECS` of a variant, by what servers report of its mount. */
export function codecsReported(kind: HlsKind, contentType: string, samplerate: number | undefined): string {
  const said = codecsParameter(contentType)
  return said !== undefined && /^mp4a\.40\.\d{1,2}$/.test(said) ? said : codecsOf(kind, { samplerate })
}

/** The `codecs` parameter of a content type, in lower case. */
const codecsParameter = (contentType: string): string | undefined =>
  /;\s*codecs="?([^";\s]+)/.exec(contentType.toLowerCase())?.[1]

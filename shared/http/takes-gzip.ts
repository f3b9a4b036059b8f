/** Packs a text for a client that takes gzip. */
export type Gzip = (text: Uint8Array) => Uint8Array

/** values of the header that are remembered: players send one of a few */
const knownMax = 64
const known = new Map<string, boolean>()

/** Whether a client takes gzip (RFC 9110 §12.5.3); `q=0` rejects it. */
export function takesGzip(encodings: string | null | undefined): boolean {
  if (!encodings) return false
  const before = known.get(encodings)
  if (before !== undefined) return before
  const takes = namesGzip(encodings)
  if (known.size < knownMax) known.set(encodings, takes)
  return takes
}

function namesGzip(encodings: string): boolean {
  for (const [name = '', weight] of encodings.split(',').map((coding) => coding.split(';')))
    if (/^(?:gzip|x-gzip)$/i.test(name.trim())) return !/^\s*q=0(?:\.0*)?\s*$/i.test(weight ?? '')
  return false
}

/** What a client takes: its own word, where a proxy of the runtime has replaced its `Accept-Encoding`, else that header. */
export const encodingsOf = (
  { encodings }: { encodings?: string | undefined },
  headers: { get(name: string): string | null },
): string | undefined => encodings ?? headers.get('accept-encoding') ?? undefined

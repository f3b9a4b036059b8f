/** Packs a text for a client that takes gzip. */
export type Gzip = (text: Uint8Array) => Uint8Array

/** Whether a client takes gzip (RFC 9110 §12.5.3); `q=0` rejects it. */
export function takesGzip(encodings: string | null | undefined): boolean {
  for (const [name = '', weight] of (encodings ?? '').split(',').map((coding) => coding.split(';')))
    if (/^(?:gzip|x-gzip)$/i.test(name.trim())) return !/^\s*q=0(?:\.0*)?\s*$/i.test(weight ?? '')
  return false
}

import { takesGzip } from '../shared/http/takes-gzip.ts'
import type { PackedAsset, PageAsset } from '../shared/page/asset.ts'

/** A file that a page loads, named after its content: a browser may keep it forever. */
export interface ServedAsset {
  path: string
  type: string
  asset: PageAsset | PackedAsset
}

/** @param path of the file without its ending: `/admin/assets/world` */
export function servedAsset(
  path: string,
  ending: string,
  type: string,
  asset: PageAsset | PackedAsset,
): ServedAsset {
  const tag = asset.hash.slice('sha256-'.length).replace(/[+/=]/g, '').slice(0, 16)
  return { path: `${path}.${tag}.${ending}`, type, asset }
}

/**
 * The answer with one of them; 304 if the browser has it.
 * @param encodings that the browser takes
 * @param known the `If-None-Match` header: the tag of what it has
 */
export function answerAsset(
  { type, asset }: ServedAsset,
  encodings: string | undefined,
  known: string | undefined,
): Response {
  const isPacked = 'gzip' in asset && takesGzip(encodings)
  // the packed bytes and the others are two representations of one file (RFC 9110 §8.8.3)
  const etag = isPacked ? `"${asset.hash}-gzip"` : `"${asset.hash}"`
  const headers: Record<string, string> = {
    'Content-Type': type,
    'Cache-Control': 'public, max-age=31536000, immutable',
    'X-Content-Type-Options': 'nosniff',
    // a page in a sandboxed frame has no origin, and may load it too
    'Access-Control-Allow-Origin': '*',
    ETag: etag,
  }
  if ('gzip' in asset) headers.Vary = 'Accept-Encoding'
  if (known === etag) return new Response(null, { status: 304, headers })
  if ('text' in asset) return new Response(asset.text, { headers })
  const bytes = packedBytes(asset)
  if (!isPacked) return new Response(unpacked(bytes), { headers })
  // Workers would pack it once more
  const packed = { 'Content-Encoding': 'gzip', 'Content-Length': String(bytes.length) }
  const init = { headers: { ...headers, ...packed }, encodeBody: 'manual' as const }
  return new Response(bytes, init)
}

/** Decoded when they are first asked for. */
const decoded = new WeakMap<PackedAsset, Uint8Array<ArrayBuffer>>()

function packedBytes(asset: PackedAsset): Uint8Array<ArrayBuffer> {
  const bytes = decoded.get(asset) ?? Uint8Array.from(atob(asset.gzip), (byte) => byte.charCodeAt(0))
  decoded.set(asset, bytes)
  return bytes
}

const unpacked = (bytes: Uint8Array<ArrayBuffer>) =>
  new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'))

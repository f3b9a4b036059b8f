import { hlsLimits } from '../../shared/hls/limits.ts'
import { readBounded } from '../../shared/http/bounded-body.ts'
import type { ObjectStore } from '../carrying.ts'

/** s for which a segment is kept: players ask for it within two windows */
const keptSeconds = 3600

/** Segments in the cache of Cloudflare's data centre, which all isolates there share (the Cache API). */
export function cacheStore(publicUrls: readonly string[], cache: Pick<Cache, 'match' | 'put'>): ObjectStore {
  // the key is a URL; the edge's own, so that the operator can purge it
  const keyOf = (path: string) => (publicUrls[0] ?? 'https://edge.invalid') + path
  return {
    async get(path) {
      const kept = await cache.match(keyOf(path))
      const bytes = kept && (await readBounded(kept.body, hlsLimits.segmentBytesMax))
      return bytes && { status: 200, type: '', bytes: new Uint8Array(bytes) }
    },
    put: (path, { bytes, type }) =>
      cache.put(
        keyOf(path),
        new Response(bytes, {
          headers: { 'Content-Type': type, 'Cache-Control': `public, max-age=${keptSeconds}` },
        }),
      ),
  }
}

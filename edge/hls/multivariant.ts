import type { RequestFacts } from '../../shared/api/routes.ts'
import { mountHeaders } from '../../shared/draw/redirect.ts'
import type { View } from '../../shared/draw/view.ts'
import { codecsOf, kindOfType } from '../../shared/hls/kinds.ts'
import { printMultivariant } from '../../shared/hls/multivariant.ts'
import { hlsPath } from '../../shared/hls/paths.ts'
import { pathwayOf } from '../../shared/hls/pathway.ts'
import { drawVariants } from '../../shared/hls/place-session.ts'
import { newSessionId } from '../../shared/hls/session.ts'
import { mediaUrl, passedOn, withQuery } from '../../shared/hls/urls.ts'
import { limits } from '../../shared/limits.ts'
import type { Mount } from '../../shared/mount.ts'
import type { MountDeps } from '../deps.ts'

const playlistHeaders = {
  ...mountHeaders,
  'Cache-Control': 'no-store',
  'Content-Type': 'application/vnd.apple.mpegurl',
}

/**
 * The multivariant playlist of a mount for one listener (docs/hls.md#steering): a new session, and the servers that it may fetch from. The first is counted
 * as a redirect would be. A string says why there is none.
 */
export function multivariantFor(
  view: View,
  mount: Mount,
  deps: MountDeps,
  { query, method }: { query: string; method: string },
  facts: RequestFacts,
): Response | 'not packaged' | 'no room' | 'unknown mount' {
  const nowMs = deps.nowMs()
  const about = view.about(mount, nowMs)
  const { contentType, kbps } = reported(view, mount)
  const kind = kindOfType(contentType)
  // a master says of each mount that it can package; without a master only the type tells
  if (about ? about.hls === undefined : kind === undefined) return 'not packaged'
  const drawn = drawVariants(view, { mount, query, sender: facts }, deps)
  if (typeof drawn === 'string') return drawn
  const [first] = drawn
  const isHead = method === 'HEAD'
  if (first && !isHead) deps.redirected(first.server)
  const session = newSessionId()
  const passed = { ...passedOn(query), s: session }
  const pathways = drawn.map(({ server }) => pathwayOf(server.report.id))
  const text = printMultivariant({
    variants: drawn.map(({ server, url }) => ({
      pathway: pathwayOf(server.report.id),
      url: mediaUrl(url, mount, passed),
    })),
    bandwidth: (kbps || limits.bitrateDefaultKbps) * 1000,
    codecs: kind && codecsOf(kind, about?.samplerate),
    steeringUrl: withQuery(hlsPath(mount, { kind: 'steering' }), { ...passed, p: pathways.join(',') }),
  })
  return new Response(isHead ? null : text, { headers: playlistHeaders })
}

/** What the servers report of a mount: the first that knows it. Of Ogg only a master says the codec. */
function reported(view: View, mount: Mount): { contentType: string; kbps: number } {
  let contentType = ''
  let kbps = 0
  for (const { mount: said } of view.mounts.get(mount)?.carriers.values() ?? []) {
    if (!kindOfType(contentType)) contentType = said.contentType || contentType
    kbps ||= said.kbps
  }
  return { contentType, kbps }
}

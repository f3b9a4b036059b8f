import { isPackaged } from '../../shared/api/json.ts'
import type { RequestFacts } from '../../shared/api/routes.ts'
import { mountHeaders } from '../../shared/draw/redirect.ts'
import type { View } from '../../shared/draw/view.ts'
import { codecsOf, kindOfType } from '../../shared/hls/kinds.ts'
import { hlsLimits } from '../../shared/hls/limits.ts'
import { printMultivariant } from '../../shared/hls/multivariant.ts'
import { hlsPath } from '../../shared/hls/paths.ts'
import { edgePathway, pathwayOf } from '../../shared/hls/pathway.ts'
import { drawVariants } from '../../shared/hls/place-session.ts'
import { newSessionId } from '../../shared/hls/session.ts'
import { mediaUrl, passedOn, type Query, withQuery } from '../../shared/hls/urls.ts'
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
  if (!isPackaged(about, contentType)) return 'not packaged'
  const drawn = drawVariants(view, { mount, query, sender: facts }, deps)
  const { hlsEdge } = deps.config
  const hasMaster = hlsEdge !== 'off' && view.masters(mount, nowMs).length > 0
  const carries = hasMaster && (hlsEdge === 'always' || drawn === 'no room')
  if (typeof drawn === 'string' && !carries) return drawn
  const places = typeof drawn === 'string' ? [] : drawn
  const [first] = places
  const isHead = method === 'HEAD'
  if (first && !isHead && !carries) deps.redirected(first.server, view.kbpsAt(mount, first.server))
  const session = newSessionId()
  const passed = { ...passedOn(query), s: session }
  const variants = places.map(({ server, url }) => ({
    pathway: pathwayOf(server.report.id),
    url: mediaUrl(url, mount, passed),
  }))
  if (carries) variants.unshift({ pathway: edgePathway, url: ownMediaUrl(mount, passed, facts) })
  const pathways = variants.slice(0, hlsLimits.variantsMax).map(({ pathway }) => pathway)
  const text = printMultivariant({
    variants: variants.slice(0, hlsLimits.variantsMax),
    bandwidth: (kbps || limits.bitrateDefaultKbps) * 1000,
    codecs: kind && codecsOf(kind, about?.samplerate),
    steeringUrl: withQuery(hlsPath(mount, { kind: 'steering' }), { ...passed, p: pathways.join(',') }),
  })
  return new Response(isHead ? null : text, { headers: playlistHeaders })
}

/** The playlist that this edge carries, by the address at which the listener found it. */
export const ownMediaUrl = (mount: Mount, parameters: Query, { here, base }: RequestFacts): string =>
  withQuery((here ?? base ?? '') + hlsPath(mount, { kind: 'media' }), parameters)

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

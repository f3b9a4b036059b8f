import type { RequestFacts } from '../../shared/api/routes.ts'
import type { View } from '../../shared/draw/view.ts'
import { hlsLimits } from '../../shared/hls/limits.ts'
import { printManifest } from '../../shared/hls/manifest.ts'
import { pathwayOf, serverOfPathway } from '../../shared/hls/pathway.ts'
import { sessionOf } from '../../shared/hls/session.ts'
import { type SteeringDeps, steer } from '../../shared/hls/steering.ts'
import { mediaUrl, parseQuery, passedOn } from '../../shared/hls/urls.ts'
import type { Mount } from '../../shared/mount.ts'

/** The steering manifest for one session; undefined if no server can have it. */
export function steeringFor(
  view: View,
  mount: Mount,
  query: string,
  deps: SteeringDeps,
  facts: RequestFacts,
): string | undefined {
  const { _HLS_pathway: current = '', p = '' } = parseQuery(query)
  const known = p.split(',').filter((id) => serverOfPathway(id) !== undefined && id !== '')
  const asked = { mount, query: '', sender: facts, current: serverOfPathway(current) }
  const steering = steer(view, asked, deps)
  if (!steering) return undefined
  const [first] = steering.places
  if (steering.moves && first) deps.redirected(first.server)
  const session = sessionOf(query)
  const passed = { ...passedOn(query), ...(session !== undefined && { s: session }) }
  const pathways = steering.places.map(({ server, url }) => ({
    id: pathwayOf(server.report.id),
    url: mediaUrl(url, mount, passed),
  }))
  return printManifest(pathways, steering.ttlSeconds, known.slice(0, hlsLimits.pathwaysMax))
}

import type { RequestFacts } from '../../shared/api/routes.ts'
import type { View } from '../../shared/draw/view.ts'
import { hlsLimits } from '../../shared/hls/limits.ts'
import { printManifest } from '../../shared/hls/manifest.ts'
import { edgePathway, pathwayOf, serverOfPathway } from '../../shared/hls/pathway.ts'
import { drawServers } from '../../shared/hls/place-session.ts'
import { sessionOf } from '../../shared/hls/session.ts'
import {
  type SteeredListener,
  type Steering,
  type SteeringDeps,
  steer,
  steeringTtl,
} from '../../shared/hls/steering.ts'
import { mediaUrl, parseQuery, passedOn } from '../../shared/hls/urls.ts'
import type { Mount } from '../../shared/mount.ts'
import type { EdgeConfig } from '../config.ts'
import { ownMediaUrl } from './multivariant.ts'

interface EdgeSteering extends SteeringDeps {
  config: Pick<EdgeConfig, 'httpsOnly' | 'hlsEdge'>
}

/** The steering manifest for one session; undefined if no server can have it. */
export function steeringFor(
  view: View,
  mount: Mount,
  query: string,
  deps: EdgeSteering,
  facts: RequestFacts,
): string | undefined {
  const { _HLS_pathway: current = '', p = '' } = parseQuery(query)
  const isKnown = (id: string) => id === edgePathway || (id !== '' && serverOfPathway(id) !== undefined)
  const known = p.split(',').filter(isKnown)
  const asked = { mount, query: '', sender: facts, current: serverOfPathway(current) }
  const nowMs = deps.nowMs()
  const carries = deps.config.hlsEdge !== 'off' && view.masters(mount, nowMs).length > 0
  const isAlways = carries && deps.config.hlsEdge === 'always'
  // at an edge that carries for everybody, servers are named in case that it fails
  const steering = isAlways ? staying(view, asked, deps) : steer(view, asked, deps)
  if (!steering && !carries) return undefined
  const { places, ttlSeconds, moves } = steering ?? nowhere(deps)
  const [first] = places
  if (moves && first) deps.redirected(first.server, view.kbpsAt(mount, first.server))
  const session = sessionOf(query)
  const passed = { ...passedOn(query), ...(session !== undefined && { s: session }) }
  const pathways = places.map(({ server, url }) => ({
    id: pathwayOf(server.report.id),
    url: mediaUrl(url, mount, passed),
  }))
  const isFirst = isAlways || (carries && (!steering || steering.isStuck === true))
  if (isFirst) pathways.unshift({ id: edgePathway, url: ownMediaUrl(mount, passed, facts) })
  return printManifest(
    pathways.slice(0, hlsLimits.pathwaysMax),
    ttlSeconds,
    known.slice(0, hlsLimits.pathwaysMax),
  )
}

/** Servers to go to if this edge fails; nobody moves. */
function staying(view: View, asked: SteeredListener, deps: EdgeSteering): Steering {
  const drawn = drawServers(view, asked, deps, hlsLimits.variantsMax)
  return { ...nowhere(deps), places: typeof drawn === 'string' ? [] : drawn }
}

const nowhere = (deps: EdgeSteering): Steering => ({
  places: [],
  ttlSeconds: steeringTtl(deps),
  moves: false,
})

import type { View } from '../draw/view.ts'
import { hlsLimits } from '../hls/limits.ts'
import { printManifest } from '../hls/manifest.ts'
import { edgePathway, pathwayOf, serverOfPathway } from '../hls/pathway.ts'
import { drawServers, type HlsListener } from '../hls/place-session.ts'
import { sessionOf } from '../hls/session.ts'
import {
  type SteeredListener,
  type Steering,
  type SteeringDeps,
  steer,
  steeringTtl,
} from '../hls/steering.ts'
import { mediaUrl, parseQuery, passedOn } from '../hls/urls.ts'
import { type Carrier, canCarry, ownMediaUrl } from './open-session.ts'

/**
 * The steering manifest for one session (docs/hls.md#steering); undefined if no server can have it. The server that it moves to is
 * counted as a redirect would be, unless it is this program, which counts its own listeners.
 * @param listener its query names the session, the pathways of its multivariant playlist, and the current one
 */
export function steerSession(
  view: View,
  { mount, query, sender }: HlsListener,
  deps: SteeringDeps,
  carrier?: Carrier,
): string | undefined {
  const nowMs = deps.nowMs()
  if (!view.isKnown(mount, nowMs)) return undefined
  const { _HLS_pathway: told = '', p = '' } = parseQuery(query)
  // some players send it as a quoted string
  const current = told.replace(/^"(.*)"$/, '$1')
  const isKnown = (id: string) => id === edgePathway || (id !== '' && serverOfPathway(id) !== undefined)
  const listensTo = serverOfPathway(current)
  const isHere = current === edgePathway || view.servers.has(listensTo ?? '')
  // a client that makes its url itself does not say what its playlist named: at least what it listens to
  const known = p === '' && isHere ? [current] : p.split(',').filter(isKnown)
  const asked = { mount, query: '', sender, probe: true, current: listensTo }
  // a player that does not know this decider as a pathway has to be told its whole address
  const isNamed = carrier !== undefined && (carrier.base !== '' || known.includes(edgePathway))
  const carries = isNamed && canCarry(view, mount, nowMs)
  const isAlways = carries && carrier.comes === 'always'
  // at a decider that carries for everybody, servers are named in case that it fails
  const steering = isAlways ? staying(view, asked, deps) : steer(view, asked, deps)
  if (!steering && !carries) return undefined
  const { places, ttlSeconds, moves } = steering ?? nowhere(deps)
  const [first] = places
  if (moves && first && first.server.report.id !== view.ownId)
    deps.redirected(first.server, view.kbpsAt(mount, first.server))
  const session = sessionOf(query)
  const passed = { ...passedOn(query), ...(session !== undefined && { s: session }) }
  const pathways = places.map(({ server, url }) => ({
    id: pathwayOf(server.report.id),
    url: mediaUrl(url, mount, passed),
  }))
  const isFirst = isAlways || !steering || steering.isStuck === true
  if (carries && isFirst) pathways.unshift({ id: edgePathway, url: ownMediaUrl(carrier.base, mount, passed) })
  const max = hlsLimits.pathwaysMax
  return printManifest(pathways.slice(0, max), ttlSeconds, known.slice(0, max))
}

/** Servers to go to if this decider fails; nobody moves. */
function staying(view: View, asked: SteeredListener, deps: SteeringDeps): Steering {
  const drawn = drawServers(view, asked, deps, hlsLimits.variantsMax)
  return { ...nowhere(deps), places: typeof drawn === 'string' ? [] : drawn }
}

const nowhere = (deps: SteeringDeps): Steering => ({
  places: [],
  ttlSeconds: steeringTtl(deps),
  moves: false,
})

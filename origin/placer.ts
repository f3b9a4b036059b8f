import type { OriginConfig } from './config/config.ts'
import type { Decider } from './decider.ts'
import { type MountRequest, type Placement, type Placer, place, type Standing } from './placement.ts'
import type { Relays } from './relay/relays.ts'
import type { Reports } from './report/reports.ts'
import type { OriginState } from './state.ts'

export interface PlacerDeps {
  config: OriginConfig
  state: OriginState
  reports: Pick<Reports, 'change' | 'isDraining' | 'edgeUrl'>
  /** undefined: not a slave */
  relays: Relays | undefined
  /** undefined: not a master that decides itself */
  decider: Decider | undefined
  /** whether this server is about to end */
  isLeaving: () => boolean
}

/** Judges each request by what this server is at that moment. */
export function createPlacer({ config, state, reports, relays, decider, isLeaving }: PlacerDeps): Placer {
  const standing = (mount: Standing['mount']): Standing => ({
    id: config.id,
    mount,
    listeners: state.load.listeners,
    maxListeners: config.limits.maxListeners,
    bandwidthKbps: state.load.bandwidthKbps(),
    maxBandwidthKbps: config.limits.maxBandwidthKbps,
    draining: isLeaving() || state.drain.active || reports.isDraining,
    edgeUrl: reports.edgeUrl,
  })
  const placeHere = (request: MountRequest) => place(standing(state.mounts.get(request.mount)), request)
  const isIdle = ({ mount }: MountRequest) =>
    config.onDemand && relays?.has(mount) && !state.mounts.get(mount)

  /** Pulls an idle mount for its first listener, if there were room for it. */
  const awaken = (request: MountRequest): Placement | Promise<Placement> => {
    const empty = { listeners: 0, maxListeners: null, kbps: 0 }
    const placement = place(standing(empty), request)
    if (!placement.serve || !relays) return placement
    return relays.demand(request.mount).then(() => placeHere(request))
  }
  const choose = (request: MountRequest): Placement | Promise<Placement> => {
    if (isIdle(request)) return awaken(request)
    return decider ? decider.place(request, () => placeHere(request)) : placeHere(request)
  }
  /** A listener that was turned away for room is news to the deciders. */
  const tell = (placement: Placement): Placement => {
    if (!placement.serve && placement.forRoom) reports.change()
    return placement
  }
  return {
    place(request) {
      const placement = choose(request)
      return placement instanceof Promise ? placement.then(tell) : tell(placement)
    },
  }
}

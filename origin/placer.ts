import type { Mount } from '../shared/mount.ts'
import type { OriginConfig } from './config/config.ts'
import type { Decider } from './decider.ts'
import {
  type Admit,
  type MountRequest,
  notFound,
  type Placement,
  type Placer,
  place,
  type Standing,
  unavailable,
} from './placement.ts'
import type { Relays } from './relay/relays.ts'
import type { Reports } from './report/reports.ts'
import type { OriginState } from './state.ts'

export interface PlacerDeps {
  config: OriginConfig
  state: OriginState
  reports: Pick<Reports, 'change' | 'isDraining' | 'edgeUrl'>
  relays: Pick<Relays, 'isIdle' | 'demand'>
  /** somebody asked for a mount that is not here */
  missed: (mount: Mount) => void
  /** undefined: not a master that decides itself */
  decider: Decider | undefined
  /** whether this server is about to end */
  isLeaving: () => boolean
}

/** A relay on demand before its first listener: it has room for one. */
const idleMount = { listeners: 0, maxListeners: null, kbps: 0 }

/** Judges each request by what this server is at that moment. */
export function createPlacer({
  config,
  state,
  reports,
  relays,
  missed,
  decider,
  isLeaving,
}: PlacerDeps): Placer {
  const standing = (mount: Standing['mount']): Standing => ({
    id: config.id,
    mount,
    listeners: state.load.listeners,
    maxListeners: config.limits.maxListeners,
    bandwidthKbps: state.load.bandwidthKbps(),
    maxBandwidthKbps: config.limits.maxBandwidthKbps,
    draining: state.drain.active || reports.isDraining,
    leaving: isLeaving(),
    edgeUrl: reports.edgeUrl,
  })
  const placeHere = (request: MountRequest) => place(standing(state.mounts.get(request.mount)), request)
  /** What would become of a request, were an idle mount to run for it. */
  const foresee = (request: MountRequest) =>
    relays.isIdle(request.mount) ? place(standing(idleMount), request) : placeHere(request)

  /** Asks who is to let the listener in, and goes on if they do: by then there may be no room. */
  const askFirst = (admit: Admit | undefined, goOn: () => Placement | Promise<Placement>) =>
    admit ? admit().then((refused) => refused ?? goOn()) : goOn()

  /** Pulls an idle mount for its first listener. */
  const awaken = async (request: MountRequest): Promise<Placement> => {
    await relays.demand(request.mount)
    const placement = placeHere(request)
    return placement === notFound ? unavailable : placement
  }
  const choose = (request: MountRequest, admit: Admit | undefined): Placement | Promise<Placement> => {
    const placement = decider ? decider.place(request, () => foresee(request)) : foresee(request)
    if (!placement.serve) {
      if (!state.mounts.get(request.mount)) missed(request.mount)
      return placement
    }
    if (relays.isIdle(request.mount)) return askFirst(admit, () => awaken(request))
    return admit ? askFirst(admit, () => placeHere(request)) : placement
  }
  /** A listener that was turned away for room is news to the deciders. */
  const tell = (placement: Placement): Placement => {
    if (!placement.serve && placement.forRoom) reports.change()
    return placement
  }
  return {
    place(request, admit) {
      const placement = choose(request, admit)
      return placement instanceof Promise ? placement.then(tell) : tell(placement)
    },
  }
}

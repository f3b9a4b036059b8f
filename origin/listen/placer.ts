import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { Found } from '../mount/fallbacks.ts'
import { listenersMax } from '../process/descriptors.ts'
import type { Reports } from '../report/reports.ts'
import type { OriginState } from '../state.ts'
import type { Decider } from './decider.ts'
import {
  type Admit,
  type ListenRequest,
  type MountStanding,
  noDirectListening,
  notFound,
  type Placement,
  type Placer,
  place,
  refusalHere,
  type Standing,
  unavailable,
} from './placement.ts'

export interface PlacerDeps {
  config: OriginConfig
  state: OriginState
  reports: Pick<Reports, 'change' | 'isDraining' | 'edgeUrls'>
  /** a mount that is not here was requested */
  missed: (mount: Mount) => void
  /** whether a master lists a mount, so that this server can serve it though it does not run; left out: none */
  mirrors?: (mount: Mount) => boolean
  /** what plays by HLS in place of a mount whose source is away; left out: nothing does */
  standIn?: (mount: Mount) => MountStanding | undefined
  /** undefined: this server is not a deciding master */
  decider: Decider | undefined
  /** whether this server is about to stop */
  isLeaving: () => boolean
}

/** A mount that starts for its first listener: there is room for one. */
const idleMount = { listeners: 0, maxListeners: null, kbps: 0, interruptedAtMs: undefined }

/** Creates the placer, which judges each request by this server's state at that moment. */
export function createPlacer({
  config,
  state,
  reports,
  missed,
  mirrors = () => false,
  standIn = () => undefined,
  decider,
  isLeaving,
}: PlacerDeps): Placer {
  /** listeners that wait for a backend or for a mount to start: they may fill the remaining room */
  let waiting = 0
  const standing = (mount: Standing['mount']): Standing => ({
    id: config.id,
    mount,
    listeners: state.load.listeners,
    maxListeners: listenersMax(config.limits, state.mounts.count),
    bandwidthKbps: state.load.bandwidthKbps(),
    maxBandwidthKbps: config.limits.maxBandwidthKbps,
    draining: state.drain.active || reports.isDraining,
    leaving: isLeaving(),
    edgeUrls: reports.edgeUrls,
  })
  const placeOn = (found: Found | undefined, request: ListenRequest): Placement => {
    if (found?.kind !== 'live') return place(standing(found && idleMount), request)
    const placement = place(standing(found.mount), request)
    return placement.serve ? { serve: true, by: found.mount } : placement
  }
  /** The decision about a request as it would be if the mount to be started were running. */
  const foresee = (request: ListenRequest): Placement => {
    const { mount, relayLogin } = request
    if (!relayLogin && mountSettings(config, mount).noMount) return noDirectListening
    return placeOn(state.mounts.find(mount), request)
  }

  /** Asks whether the listener is allowed, and continues if so: by then there may be no room. */
  const askFirst = (admit: Admit | undefined, goOn: () => Placement | Promise<Placement>) =>
    admit ? admit().then((refused) => refused ?? goOn()) : goOn()

  /** Serves a running mount; else starts one on demand, trying one fallback after the other. */
  const serveHere = (
    request: ListenRequest,
    failed: readonly Mount[] = [],
  ): Placement | Promise<Placement> => {
    const found = state.mounts.find(request.mount, failed)
    if (found && found.kind !== 'live')
      return state.mounts
        .begin(found)
        .then((mount) =>
          mount ? placeOn({ kind: 'live', mount }, request) : serveHere(request, [...failed, found.name]),
        )
    const placement = placeOn(found, request)
    return placement === notFound && failed.length > 0 ? unavailable : placement
  }
  const choose = (request: ListenRequest, admit: Admit | undefined): Placement | Promise<Placement> => {
    const placement = decider ? decider.place(request, () => foresee(request)) : foresee(request)
    if (!placement.serve) {
      if (!state.mounts.get(request.mount)) missed(request.mount)
      return placement
    }
    if (placement.by && !admit) return placement
    const withWaiting = { ...standing(idleMount), listeners: state.load.listeners + waiting }
    const room = place(withWaiting, request)
    return room.serve ? askFirst(admit, () => serveHere(request)) : room
  }
  /** A listener refused because the server is full is reported to the deciders. */
  const tell = (placement: Placement): Placement => {
    if (!placement.serve && placement.forRoom) reports.change()
    return placement
  }
  return {
    refuseHls(mount, isAway = false) {
      if (mountSettings(config, mount).noMount) return noDirectListening
      const live = state.mounts.get(mount) ?? standIn(mount)
      const carried = live ?? (isAway || mirrors(mount) ? idleMount : undefined)
      if (!carried) missed(mount)
      const here = standing(carried)
      const draining = here.draining || decider?.isDrained === true
      const refused = refusalHere({ ...here, draining }, { relayLogin: false, userAgent: undefined })
      if (refused?.forRoom) reports.change()
      return refused
    },
    place(request, admit) {
      const placement = choose(request, admit)
      if (!(placement instanceof Promise)) return tell(placement)
      if (request.relayLogin) return placement.then(tell)
      waiting++
      return placement.finally(() => waiting--).then(tell)
    },
  }
}

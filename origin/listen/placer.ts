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
  type MountRequest,
  noDirectListening,
  notFound,
  type Placement,
  type Placer,
  place,
  type Standing,
  unavailable,
} from './placement.ts'

export interface PlacerDeps {
  config: OriginConfig
  state: OriginState
  reports: Pick<Reports, 'change' | 'isDraining' | 'edgeUrls'>
  /** somebody asked for a mount that is not here */
  missed: (mount: Mount) => void
  /** undefined: not a master that decides itself */
  decider: Decider | undefined
  /** whether this server is about to end */
  isLeaving: () => boolean
}

/** What is not begun before its first listener: it has room for one. */
const idleMount = { listeners: 0, maxListeners: null, kbps: 0, interruptedAtMs: undefined }

/** Judges each request by what this server is at that moment. */
export function createPlacer({ config, state, reports, missed, decider, isLeaving }: PlacerDeps): Placer {
  /** listeners that wait for a backend's word or for a mount to begin: they may take all the room that is left */
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
  const placeOn = (found: Found | undefined, request: MountRequest): Placement => {
    if (found?.kind !== 'live') return place(standing(found && idleMount), request)
    const placement = place(standing(found.mount), request)
    return placement.serve ? { serve: true, by: found.mount } : placement
  }
  /** What would become of a request, were what has to be begun for it to run. */
  const foresee = (request: MountRequest): Placement => {
    const { mount, relayLogin } = request
    if (!relayLogin && mountSettings(config, mount).noMount) return noDirectListening
    return placeOn(state.mounts.find(mount), request)
  }

  /** Asks who is to let the listener in, and goes on if they do: by then there may be no room. */
  const askFirst = (admit: Admit | undefined, goOn: () => Placement | Promise<Placement>) =>
    admit ? admit().then((refused) => refused ?? goOn()) : goOn()

  /** Serves what runs; else begins what a first listener begins, one fallback after the other. */
  const serveHere = (
    request: MountRequest,
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
  const choose = (request: MountRequest, admit: Admit | undefined): Placement | Promise<Placement> => {
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
  /** A listener that was turned away for room is news to the deciders. */
  const tell = (placement: Placement): Placement => {
    if (!placement.serve && placement.forRoom) reports.change()
    return placement
  }
  return {
    place(request, admit) {
      const placement = choose(request, admit)
      if (!(placement instanceof Promise)) return tell(placement)
      if (request.relayLogin) return placement.then(tell)
      waiting++
      return placement.finally(() => waiting--).then(tell)
    },
  }
}

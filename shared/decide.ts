import type { Mount } from './mount.ts'
import type { Server } from './server.ts'
import { baseFor, type View } from './view.ts'

/** What of a listener's request bears on where it goes. */
export interface Asked {
  mount: Mount
  /** the request came by https */
  secure: boolean
  /** an Icecast that relays: it goes to a master, never to a slave (S11) */
  relay: boolean
  /** a server that sent this listener back: left out of this one draw */
  except?: string | undefined
}

/** Where a listener goes; or that no server reported the mount lately, or that none has room. */
export type Decision = { server: Server; base: string } | 'unknown mount' | 'no room'

export interface Policy {
  /** never send an https request to an http url */
  httpsOnly: boolean
}

/**
 * Decides where a listener goes (contract §3; S2, S3, S10, S11). Pure but for the drums of the pools, which only
 * remember: the same view, request, moment and rolls give the same server. The caller counts the debit.
 */
export function decide(
  view: View,
  asked: Asked,
  nowMs: number,
  roll: () => number,
  policy: Policy,
): Decision {
  if (asked.relay) return toMaster(view, asked, nowMs)
  if (!view.isKnown(asked.mount, nowMs)) return 'unknown mount'
  return (
    view.pool(asked.mount, asked.secure)?.draw(nowMs, roll, asked.except) ??
    (asked.secure && !policy.httpsOnly
      ? view.pool(asked.mount, false)?.draw(nowMs, roll, asked.except)
      : undefined) ??
    'no room'
  )
}

function toMaster(view: View, asked: Asked, nowMs: number): Decision {
  const server = view.master(asked.mount, nowMs)
  return server ? { server, base: baseFor(server, asked.secure) } : 'unknown mount'
}

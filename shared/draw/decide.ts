import { isLocal } from '../http/address.ts'
import type { Candidate } from './pool.ts'
import type { Server } from './server.ts'
import { type Ask, urlOf, type View } from './view.ts'

/** What of a listener's request bears on where it goes. `except` is a server that sent this listener back. */
export interface Asked extends Ask {
  /** an Icecast that relays: it goes to a master, never to a slave (S11) */
  relay: boolean
  /** that it comes from */
  address?: string | undefined
}

/** Where a listener goes; or that no server reported the mount lately, or that none has room. */
export type Decision = { server: Server; url: string } | 'unknown mount' | 'no room'

export interface Policy {
  /** never send an https request to an http url */
  httpsOnly: boolean
}

/**
 * Decides where a listener goes (docs/protocol.md#the-decision; S2, S3, S10, S11). Pure but for the drums of the pools, which only
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
  const drawn = drawByScheme(view, asked, nowMs, roll, policy)
  if (drawn) return drawn
  // on a network of one's own whoever came by one family has the other as well: [::1] reaches 127.0.0.1
  if (asked.family === undefined || !isLocal(asked.address ?? '')) return 'no room'
  return drawByScheme(view, { ...asked, family: undefined }, nowMs, roll, policy) ?? 'no room'
}

function drawByScheme(
  view: View,
  asked: Asked,
  nowMs: number,
  roll: () => number,
  policy: Policy,
): Candidate | undefined {
  const drawn = view.draw(asked, nowMs, roll)
  if (drawn || !asked.secure || policy.httpsOnly) return drawn
  return view.draw({ ...asked, secure: false }, nowMs, roll)
}

function toMaster(view: View, asked: Asked, nowMs: number): Decision {
  const server = view.master(asked.mount, nowMs)
  return server ? { server, url: urlOf(asked.mount, server, asked) } : 'unknown mount'
}

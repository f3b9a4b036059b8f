import { isLocal } from '../http/address.ts'
import type { Drawn, DrawRequest } from './draw-request.ts'
import type { Server } from './server.ts'
import type { View } from './view.ts'
import { urlOf } from './ways.ts'

/** The properties of a listener's request that the decision depends on. `except` is a server that sent this listener back. */
export interface DecisionRequest extends DrawRequest {
  /** the listener is a relay, so it goes to a master, never to a slave (S11) */
  relay: boolean
  /** the listener's address */
  address?: string | undefined
}

/** Where a listener goes; or `unknown mount`, if no server reported it lately; or `no room`. */
export type Decision = { server: Server; url: string } | 'unknown mount' | 'no room'

export interface Policy {
  /** never send an https request to an http url */
  httpsOnly: boolean
}

/**
 * Decides where a listener goes (docs/protocol.md#the-decision; S2, S3, S10, S11). Pure except for the drums of the pools,
 * which only cache: the same view, request, moment and rolls give the same server. The caller counts the debit.
 */
export function decide(
  view: View,
  asked: DecisionRequest,
  nowMs: number,
  roll: () => number,
  policy: Policy,
): Decision {
  if (asked.relay) return toMaster(view, asked, nowMs)
  if (!view.isKnown(asked.mount, nowMs)) return 'unknown mount'
  const drawn = drawByScheme(view, asked, nowMs, roll, policy)
  if (drawn) return drawn
  // on a local network a listener of one family usually has the other as well: [::1] reaches 127.0.0.1
  if (asked.family === undefined || !isLocal(asked.address ?? '')) return 'no room'
  return drawByScheme(view, { ...asked, family: undefined, again: true }, nowMs, roll, policy) ?? 'no room'
}

function drawByScheme(
  view: View,
  asked: DecisionRequest,
  nowMs: number,
  roll: () => number,
  policy: Policy,
): Drawn | undefined {
  const drawn = view.draw(asked, nowMs, roll)
  if (drawn || !asked.secure || policy.httpsOnly) return drawn
  return view.draw({ ...asked, secure: false, again: true }, nowMs, roll)
}

/** A master that is full sends a relay without credentials back: it goes to another one, or again to the only one, which then refuses it. */
function toMaster(view: View, asked: DecisionRequest, nowMs: number): Decision {
  const { mount, except } = asked
  const first = view.master(mount, nowMs)
  const isSentBack = first !== undefined && first.report.id === except
  const other = isSentBack && view.masters(mount, nowMs).find(({ report }) => report.id !== except)
  const server = other || first
  return server ? { server, url: urlOf(mount, server, asked) } : 'unknown mount'
}

import { isRelayAgent, sentBackBy, withSentBack } from '../../shared/draw/redirect.ts'
import { type Mount, printMount } from '../../shared/mount.ts'
import { rootMount } from '../lib/root-mount.ts'
import type { ActiveMount } from '../mount/mount.ts'
import { addressFor } from '../report/reply.ts'

/** The parts of a GET or HEAD of a mount that decide which server answers it. */
export interface ListenRequest {
  mount: Mount
  /** as in the URL, with its `?`, or empty */
  query: string
  /** the connection uses https */
  secure: boolean
  userAgent: string | undefined
  /** the listener's address */
  address: string
  /** it has the relay's credentials */
  relayLogin: boolean
  head: boolean
  /** the `Range` header */
  range: string | undefined
}

/** The decision about a request: served here, redirected, or refused. */
export type Placement = Served | Redirected | ListenRefusal

interface Served {
  serve: true
  /** the mount that plays: the requested one or its fallback. {@link Placer} always sets it */
  by?: ActiveMount
}

interface Redirected {
  serve: false
  status: 302
  location: string
  /** refused because the server is full, which a report counts as a join */
  forRoom: boolean
  /** no mount of that name plays here, so a file may be served instead */
  absent?: true
}

export interface ListenRefusal {
  serve: false
  status: 401 | 403 | 404 | 503
  text: string
  forRoom: boolean
  absent?: true
  /** this server takes no new listeners for now */
  isClosed?: true
}

/** Checks whether a listener is allowed: undefined, or the refusal. */
export type Admit = () => Promise<Redirected | ListenRefusal | undefined>

export interface Placer {
  /**
   * Returns a promise if a backend must be asked, or an on-demand relay must be started first.
   * @param admit called only if this server serves the request: a redirected listener shows its credentials elsewhere
   */
  place(request: ListenRequest, admit?: Admit): Placement | Promise<Placement>
  /** Why a mount takes no further listener by HLS here; undefined if it does. @param isAway its source is away, and may return */
  refuseHls(mount: Mount, isAway?: boolean): ListenRefusal | undefined
}

/** A mount's current numbers. */
export interface MountStanding {
  listeners: number
  maxListeners: number | null
  kbps: number
  /** since when no bytes have arrived, though it is kept for its listeners; undefined: they do arrive */
  interruptedAtMs: number | undefined
}

/** This server's state at the moment of a request. */
export interface Standing {
  id: string
  /** undefined: this server does not carry it */
  mount: MountStanding | undefined
  listeners: number
  maxListeners: number
  bandwidthKbps: number
  maxBandwidthKbps: number | undefined
  /** drained by its admin, or by a decider's reply */
  draining: boolean
  /** it is about to stop: a relay would soon lose its stream again */
  leaving: boolean
  /** where a listener may be sent back to, at most one address per scheme; empty: no edge is known */
  edgeUrls: readonly string[]
}

export const serve = { serve: true } as const satisfies Placement
/** Icecast 2.4's text; tools look for it. */
export const notFound = {
  serve: false,
  status: 404,
  text: 'The file you requested could not be found',
  forRoom: false,
  absent: true,
} as const satisfies ListenRefusal

/** Answer if an on-demand relay cannot be started. */
export const unavailable = { ...notFound, text: 'Mount unavailable' } as const satisfies ListenRefusal

/** Answer to a relay for a mount that receives no bytes. */
const interrupted = {
  serve: false,
  status: 404,
  text: 'Mount unavailable',
  forRoom: false,
} as const satisfies ListenRefusal

const forbidden = (text: string, forRoom: boolean): ListenRefusal => ({
  serve: false,
  status: 403,
  text,
  forRoom,
})
export const noRoom = forbidden('max listeners reached', true)
const noBandwidth = forbidden('server bandwidth reached', true)
/** answer for a mount that is only a fallback (`no-mount`) */
export const noDirectListening = forbidden('mountpoint unavailable', false)
const draining: ListenRefusal = { ...forbidden('the server takes no new listeners', false), isClosed: true }

/**
 * Serves a request, sends it back to the edge, or refuses it. An http listener is sent to an http address of the edge
 * if there is one, because an old player cannot follow to https. A relay with credentials is served even if the server
 * is full. A request sent here with any `x` is not redirected again, so that no two servers pass a listener back and
 * forth.
 */
export function place(standing: Standing, request: ListenRequest): Placement {
  const refused = refusalHere(standing, request)
  if (!refused) return serve
  const edgeUrl = addressFor(standing.edgeUrls, request.secure)
  if (edgeUrl === undefined || request.relayLogin || sentBackBy(request.query) !== undefined) return refused
  if (request.mount === rootMount) return refused // an edge serves its own page there
  const location = edgeUrl + printMount(request.mount) + withSentBack(request.query, standing.id)
  const { forRoom, absent } = refused
  return { serve: false, status: 302, location, forRoom, ...(absent && { absent }) }
}

/** Why this server does not serve a request; undefined if it does. */
export function refusalHere(
  standing: Standing,
  { relayLogin, userAgent }: Pick<ListenRequest, 'relayLogin' | 'userAgent'>,
): ListenRefusal | undefined {
  const { mount } = standing
  if (!mount) return notFound
  // no bytes arrive: a relay should try elsewhere, and two servers that relay each other would wait forever
  if (mount.interruptedAtMs !== undefined && (relayLogin || isRelayAgent(userAgent))) return interrupted
  if (standing.leaving) return draining
  if (relayLogin) return undefined
  if (standing.draining) return draining
  if (standing.listeners >= standing.maxListeners) return noRoom
  if (mount.maxListeners !== null && mount.listeners >= mount.maxListeners) return noRoom
  const { maxBandwidthKbps } = standing
  if (maxBandwidthKbps !== undefined && standing.bandwidthKbps + mount.kbps > maxBandwidthKbps)
    return noBandwidth
  return undefined
}

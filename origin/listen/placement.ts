import { isRelayAgent, sentBackBy, withSentBack } from '../../shared/draw/redirect.ts'
import { type Mount, printMount } from '../../shared/mount.ts'
import { rootMount } from '../lib/root-mount.ts'
import type { ActiveMount } from '../mount/mount.ts'
import { addressFor } from '../report/reply.ts'

/** A GET or HEAD of a mount, as far as it bears on who serves it. */
export interface MountRequest {
  mount: Mount
  /** as in the URL, with its `?`, or empty */
  query: string
  /** it came by https */
  secure: boolean
  userAgent: string | undefined
  /** that it comes from */
  address: string
  /** it carries the relay's credentials */
  relayLogin: boolean
  head: boolean
  /** the `Range` header */
  range: string | undefined
}

/** Whether a request is served here; if not, where it is sent or why it is refused. */
export type Placement = Served | Redirected | Refused

interface Served {
  serve: true
  /** what plays: the mount itself or its fallback. {@link Placer} always names it */
  by?: ActiveMount
}

interface Redirected {
  serve: false
  status: 302
  location: string
  /** turned away because the server is full, which a report counts as a join */
  forRoom: boolean
  /** nothing plays here by that name, so a file may have it */
  absent?: true
}

interface Refused {
  serve: false
  status: 401 | 403 | 404 | 503
  text: string
  forRoom: boolean
  absent?: true
}

/** Whether a listener may come in: undefined, or why not. */
export type Admit = () => Promise<Redirected | Refused | undefined>

export interface Placer {
  /**
   * A promise where somebody has to be asked or an on-demand relay to be pulled first.
   * @param admit asked once this server is the one to serve: who is sent elsewhere shows credentials there
   */
  place(request: MountRequest, admit?: Admit): Placement | Promise<Placement>
}

/** A mount's own numbers. */
export interface MountStanding {
  listeners: number
  maxListeners: number | null
  kbps: number
  /** since when no bytes come in, though it is kept for its listeners; undefined: they do */
  interruptedAtMs: number | undefined
}

/** What this server is at the moment of a request. */
export interface Standing {
  id: string
  /** undefined: not carried */
  mount: MountStanding | undefined
  listeners: number
  maxListeners: number
  bandwidthKbps: number
  maxBandwidthKbps: number | undefined
  /** by its admin, or by a decider's reply */
  draining: boolean
  /** it is about to end: what a relay would get from it is soon lost again */
  leaving: boolean
  /** where a listener may be sent back to, at most one address a scheme; empty: no edge is known */
  edgeUrls: readonly string[]
}

export const serve = { serve: true } as const satisfies Placement
/** Icecast 2.4's words; tools look for them. */
export const notFound = {
  serve: false,
  status: 404,
  text: 'The file you requested could not be found',
  forRoom: false,
  absent: true,
} as const satisfies Refused

/** Of a relay on demand that cannot be had. */
export const unavailable = { ...notFound, text: 'Mount unavailable' } as const satisfies Refused

/** Of a mount without bytes, for a relay. */
const interrupted = {
  serve: false,
  status: 404,
  text: 'Mount unavailable',
  forRoom: false,
} as const satisfies Refused

const forbidden = (text: string, forRoom: boolean): Refused => ({
  serve: false,
  status: 403,
  text,
  forRoom,
})
export const noRoom = forbidden('max listeners reached', true)
const noBandwidth = forbidden('server bandwidth reached', true)
/** of a mount that is a fallback alone (`no-mount`) */
export const noDirectListening = forbidden('mountpoint unavailable', false)
const draining = forbidden('the server takes no new listeners', false)

/**
 * Serves a request, sends it back to the edge, or refuses it: an http listener to an http address of the edge where it has
 * one, since an old player cannot follow to https.
 * A relay with credentials is served whatever the room. Who was sent here with any `x` is not sent on, so that
 * no two servers pass a listener to and fro.
 */
export function place(standing: Standing, request: MountRequest): Placement {
  const refused = refusal(standing, request)
  if (!refused) return serve
  const edgeUrl = addressFor(standing.edgeUrls, request.secure)
  if (edgeUrl === undefined || request.relayLogin || sentBackBy(request.query) !== undefined) return refused
  if (request.mount === rootMount) return refused // an edge has its own page there
  const location = edgeUrl + printMount(request.mount) + withSentBack(request.query, standing.id)
  const { forRoom, absent } = refused
  return { serve: false, status: 302, location, forRoom, ...(absent && { absent }) }
}

function refusal(
  standing: Standing,
  { relayLogin, userAgent }: Pick<MountRequest, 'relayLogin' | 'userAgent'>,
): Refused | undefined {
  const { mount } = standing
  if (!mount) return notFound
  // no bytes come in: a relay does better elsewhere, and two that relay each other would wait for ever
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

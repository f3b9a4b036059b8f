import type { PlacingDeps } from '../draw/place-listener.ts'
import { isRangeProbe, isSticky, stickyRoll } from '../draw/sticky.ts'
import type { View } from '../draw/view.ts'
import { multivariantAnswer, type PiecedAnswer } from '../hls/answers.ts'
import { isPackaged, kindOfType } from '../hls/kinds.ts'
import { hlsLimits } from '../hls/limits.ts'
import { bandwidthOf, printMultivariant } from '../hls/multivariant.ts'
import { hlsPath } from '../hls/paths.ts'
import { edgePathway, pathwayOf } from '../hls/pathway.ts'
import { drawVariants, type HlsListener, servesHls } from '../hls/place-session.ts'
import { newSessionId } from '../hls/session.ts'
import { mediaUrl, passedOn, type Query, withQuery } from '../hls/urls.ts'
import type { Gzip } from '../http/takes-gzip.ts'
import type { Mount } from '../mount.ts'
import { codecsReported } from './reported-codecs.ts'

/** A decider that carries HLS itself, in addition to the servers that have reported to it. */
export interface Carrier {
  /** before the servers, or only where none of them has room */
  comes: 'always' | 'overflow'
  /** its address, at which the listener found it */
  base: string
}

/** The request that opens a session, as far as it matters; an absent header is null or undefined. */
export interface Opening {
  head: boolean
  userAgent: string | null | undefined
  /** the `Range` header */
  range: string | null | undefined
  carrier?: Carrier | undefined
}

/** The multivariant playlist of a new session, packed or not; or why there is none. */
export type OpenedSession = ((gzip?: Gzip) => PiecedAnswer) | 'not packaged' | 'no room' | 'unknown mount'

/**
 * Opens a session (docs/hls.md#steering): its multivariant playlist names the servers that it may fetch from, and this decider as the
 * one that steers. The first server is counted as a redirect would be, unless it is this program, which counts its own listeners.
 */
export function openSession(
  view: View,
  listener: HlsListener,
  deps: PlacingDeps,
  { head, userAgent, range, carrier }: Opening,
): OpenedSession {
  const { mount, query, sender } = listener
  const nowMs = deps.nowMs()
  if (!view.isKnown(mount, nowMs)) return 'unknown mount'
  const about = view.about(mount, nowMs)
  const { contentType, kbps } = reported(view, mount, nowMs)
  const said = view.saidByMaster(mount, nowMs)
  // a slave that relays on demand does not know what its master will send, and goes on to name the mount while that is away
  const isUntold = said === undefined && contentType === ''
  if (!isUntold && !isPackaged(said, contentType)) return 'not packaged'
  // as on a plain mount, two requests of one Apple player agree, and neither a HEAD nor the probe for two bytes is counted
  const probe = head || isRangeProbe(range)
  const roll = isSticky(range, userAgent)
    ? stickyRoll(sender.address ?? '', userAgent ?? '', mount, nowMs)
    : deps.roll
  const drawn = drawVariants(view, { ...listener, probe }, { ...deps, roll })
  const mayCarry = carrier !== undefined && canCarry(view, mount, nowMs)
  const carries = mayCarry && (carrier.comes === 'always' || drawn === 'no room')
  if (typeof drawn === 'string' && !carries) return drawn
  const places = typeof drawn === 'string' ? [] : drawn
  const [first] = places
  if (first && !probe && !carries && first.server.report.id !== view.ownId)
    deps.redirected(first.server, view.kbpsAt(mount, first.server))
  const passed = { ...passedOn(query), s: newSessionId() }
  const variants = places.map(({ server: { report }, url }) => ({
    pathway: pathwayOf(report.id),
    // its listener has just reached this program, whatever its address is called
    url: report.id === view.ownId ? ownMediaUrl('', mount, passed) : mediaUrl(url, mount, passed),
  }))
  if (carries) variants.unshift({ pathway: edgePathway, url: ownMediaUrl(carrier.base, mount, passed) })
  const named = variants.slice(0, hlsLimits.variantsMax)
  const p = named.map(({ pathway }) => pathway).join(',')
  const kind = kindOfType(contentType)
  const text = printMultivariant({
    variants: named,
    bandwidth: bandwidthOf(kbps),
    codecs: kind && codecsReported(kind, contentType, about?.samplerate),
    steeringUrl: withQuery(hlsPath(mount, { kind: 'steering' }), { ...passed, p }),
  })
  return (gzip) => multivariantAnswer(text, gzip)
}

/** Whether a master has objects of this mount: one that was polled or registered has none. */
export const canCarry = (view: View, mount: Mount, nowMs: number): boolean =>
  view.masters(mount, nowMs).some(servesHls)

/** The media playlist that this program has itself. */
export const ownMediaUrl = (base: string, mount: Mount, parameters: Query): string =>
  withQuery(base + hlsPath(mount, { kind: 'media' }), parameters)

/** What the servers report of a mount: its masters first, which name the codec where the type alone does not. */
function reported(view: View, mount: Mount, nowMs: number): { contentType: string; kbps: number } {
  const carriers = view.mounts.get(mount)?.carriers
  let contentType = ''
  let kbps = 0
  const ids = view.masters(mount, nowMs).map(({ report }) => report.id)
  for (const id of [...ids, ...(carriers?.keys() ?? [])]) {
    const said = carriers?.get(id)?.mount
    if (!kindOfType(contentType)) contentType = said?.contentType || contentType
    kbps ||= said?.kbps ?? 0
    if (kbps > 0 && kindOfType(contentType)) break
  }
  return { contentType, kbps }
}

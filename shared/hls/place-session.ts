import { type Decision, decide } from '../draw/decide.ts'
import type { PlacingDeps, Sender } from '../draw/place-listener.ts'
import { type Candidate, urlAt } from '../draw/pool/pool.ts'
import { sentBackBy } from '../draw/redirect.ts'
import type { Server } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import { familyOf } from '../http/address.ts'
import type { Mount } from '../mount.ts'
import { hlsLimits } from './limits.ts'

/** A listener who asks for HLS. */
export interface HlsListener {
  readonly mount: Mount
  /** as in the URL, with its `?`, or empty */
  readonly query: string
  readonly sender: Sender
  /** it does not become a listener by this draw: a HEAD, a probe, or a session that asks where to go on */
  readonly probe?: boolean | undefined
}

/** One server of a session, and the url of the mount there. */
export interface HlsPlace {
  server: Server
  /** of the mount: the paths of HLS are made from its origin */
  url: string
}

/** Whether a server has the objects of HLS: ours do, an Icecast that is polled or registered does not. */
export const servesHls = ({ polled, carriesAll }: Pick<Server, 'polled' | 'carriesAll'>): boolean =>
  !polled && !carriesAll

/**
 * The servers for a new session, in order of preference and without repeats: the first is drawn as for any listener, the others by
 * weight; all of one scheme. Or why there is none. Nothing is counted.
 */
export function drawServers(
  view: View,
  { mount, query, sender, probe }: HlsListener,
  { config, nowMs, roll }: PlacingDeps,
  count: number,
): HlsPlace[] | Extract<Decision, string> {
  const sentBack = sentBackBy(query)
  const except = sentBack === '-' ? undefined : sentBack
  const family = view.hasLiterals ? familyOf(sender.address) : undefined
  const atMs = nowMs()
  const asked = {
    mount,
    secure: sender.secure,
    family,
    address: sender.address,
    relay: false,
    except,
    from: sender.from,
    probe,
  }
  const first = decide(view, asked, atMs, roll, config)
  if (typeof first === 'string') return first
  const isTls = first.url.startsWith('https:')
  const drawnBy = (secure: boolean): HlsPlace[] => {
    const may = (server: Server) => servesHls(server) && server.report.id !== except
    const drawn = view.pool(mount, secure, family)?.drawSeveral(atMs, roll, count, sender.from?.country, may)
    return drawn?.map(placed(mount)) ?? []
  }
  const others = drawnBy(isTls)
  if (servesHls(first.server)) {
    const isOther = ({ server }: HlsPlace) => server.report.id !== first.server.report.id
    return [first, ...others.filter(isOther)].slice(0, count)
  }
  const places = others.length > 0 || !isTls || config.httpsOnly ? others : drawnBy(false)
  return places.length > 0 ? places : 'no room'
}

const placed =
  (mount: Mount) =>
  (candidate: Candidate): HlsPlace => ({ server: candidate.server, url: urlAt(candidate, mount) })

/** The servers named in a multivariant playlist. */
export const drawVariants = (view: View, listener: HlsListener, deps: PlacingDeps) =>
  drawServers(view, listener, deps, hlsLimits.variantsMax)

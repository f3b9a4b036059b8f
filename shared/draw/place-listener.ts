import type { Whereabouts } from '../geo.ts'
import { familyOf } from '../http/address.ts'
import type { Mount } from '../mount.ts'
import { type Decision, decide, type Policy } from './decide.ts'
import { locationOf, sentBackBy } from './redirect.ts'
import type { Server } from './server.ts'
import { isRangeProbe, isSticky, stickyRoll } from './sticky.ts'
import type { View } from './view.ts'

/** The properties of a GET or HEAD of a mount that its placement depends on. An absent header is null or undefined. */
export interface ListenerRequest {
  readonly mount: Mount
  /** as in the URL, with its `?`, or empty */
  readonly query: string
  readonly head: boolean
  readonly userAgent: string | null | undefined
  /** the `Range` header */
  readonly range: string | null | undefined
  /** it is a relay, so it goes to a master (S11) */
  readonly relay: boolean
  /** false for a relay that showed its credentials: a master serves it even when full, so its redirect is not counted */
  readonly needsRoom: boolean
  readonly sender: Sender
}

/** Facts about the sender of a request; each is read only when it is needed, since a proxy's headers are slow to parse. */
export interface Sender {
  /** the request came by https */
  readonly secure: boolean
  readonly address: string | undefined
  readonly from?: Whereabouts | undefined
}

/** What a decider needs to place listeners. */
export interface PlacingDeps {
  readonly config: Policy
  readonly nowMs: () => number
  /** the dice: a number in [0, 1) */
  readonly roll: () => number
  /** Counts a redirect of a listener to this server. @param kbps what it takes of the server's line, if that is known */
  readonly redirected: (server: Server, kbps: number) => void
}

/**
 * Places a listener, at an edge and at a master that decides itself: the `Location` of the redirect, which is then counted;
 * `here` if the drawn server is this program; or why no server was drawn (S2, S3, S9, S10, S11).
 */
export function placeListener(
  view: View,
  listener: ListenerRequest,
  { config, nowMs, roll, redirected }: PlacingDeps,
): { location: string; id: string } | 'here' | Extract<Decision, string> {
  const { mount, query, userAgent, range, sender } = listener
  const sentBack = sentBackBy(query)
  // neither a HEAD nor the two bytes by which Apple's players test for ranges become a listener
  const probe = listener.head || isRangeProbe(range)
  const asked = {
    mount,
    secure: sender.secure,
    family: view.hasLiterals ? familyOf(sender.address) : undefined,
    address: view.hasLiterals ? sender.address : undefined,
    relay: listener.relay,
    except: sentBack === '-' ? undefined : sentBack,
    from: sender.from,
    probe,
  }
  const atMs = nowMs()
  const dice = isSticky(range, userAgent)
    ? stickyRoll(sender.address ?? '', userAgent ?? '', mount, atMs)
    : roll
  const decision = decide(view, asked, atMs, dice, config)
  if (typeof decision === 'string') return decision
  if (decision.server.report.id === view.ownId) return 'here'
  if (!probe && listener.needsRoom) redirected(decision.server, view.kbpsAt(mount, decision.server))
  return { location: locationOf(decision.url, query), id: decision.server.report.id }
}

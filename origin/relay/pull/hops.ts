import type { Mount } from '../../../shared/mount.ts'
import type { FeedInfo } from '../../mount/feed.ts'
import { relayLimits } from '../limits.ts'

/**
 * A mount of one server as an entry of `Via` (RFC 9110 §7.6.3), by which a stream that comes round is known: no two
 * servers, and no two starts of one, draw the same `viaName`. A relay sends its own with its request; a server adds its own
 * to those that its feed came with when it answers a relay.
 */
export const hopOf = (viaName: string, mount: Mount): string =>
  `1.0 ${viaName}${encodeURIComponent(mount).replace(/[()]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)}`

/** What a mount's stream has come through, this server included; what an encoder's request came through is not told. */
export function viaOf(
  mount: Mount,
  { kind, headers }: Pick<FeedInfo, 'kind' | 'headers'>,
  viaName: string,
): string {
  const before = kind === 'relay' ? headers.get('via') : undefined
  return before ? `${before}, ${hopOf(viaName, mount)}` : hopOf(viaName, mount)
}

/** Whether this hop is among those of a `Via` header. */
export const hasHop = (via: string | undefined, hop: string): boolean => hopsIn(via).includes(hop)

/** Why a stream that came by these hops is not taken here; undefined where it may be. */
export function loopIn(via: string | undefined, hop: string): string | undefined {
  const hops = hopsIn(via)
  if (hops.includes(hop)) return 'a loop: its stream comes from this very mount'
  if (hops.length > relayLimits.hopsMax) return `its stream came by more than ${relayLimits.hopsMax} servers`
  return undefined
}

const hopsIn = (via: string | undefined) => via?.split(',').map((hop) => hop.trim()) ?? []

import type { Mount } from '../../../shared/mount.ts'
import type { FeedInfo } from '../../mount/feed.ts'
import { relayLimits } from '../limits.ts'

/**
 * A mount of one server as an entry of `Via` (RFC 9110 §7.6.3), used to detect loops: every server draws a new random
 * `viaName` at each start. A relay sends its own entry with its request; a server that answers a relay sends the
 * entries of its feed and its own.
 */
export const hopOf = (viaName: string, mount: Mount): string =>
  `1.0 ${viaName}${encodeURIComponent(mount).replace(/[()]/g, (char) => `%${char.charCodeAt(0).toString(16)}`)}`

/**
 * The servers that a mount's stream has passed through, this one included; the `Via` of an encoder's request is left
 * out.
 */
export function viaOf(
  mount: Mount,
  { kind, headers }: Pick<FeedInfo, 'kind' | 'headers'>,
  viaName: string,
): string {
  const before = kind === 'relay' ? headers.get('via') : undefined
  return before ? `${before}, ${hopOf(viaName, mount)}` : hopOf(viaName, mount)
}

/** Whether a `Via` header contains this hop. */
export const hasHop = (via: string | undefined, hop: string): boolean => hopsIn(via).includes(hop)

/** Why a stream with these hops is rejected as a loop; undefined if it is not. */
export function loopIn(via: string | undefined, hop: string): string | undefined {
  const hops = hopsIn(via)
  if (hops.includes(hop)) return 'relay loop: the stream comes from this mount'
  if (hops.length > relayLimits.hopsMax)
    return `relay loop: the stream passed through more than ${relayLimits.hopsMax} servers`
  return undefined
}

const hopsIn = (via: string | undefined) => via?.split(',').map((hop) => hop.trim()) ?? []

import type { RequestFacts } from '../../shared/api/routes.ts'
import type { Carrier } from '../../shared/cluster/open-session.ts'
import type { View } from '../../shared/draw/view.ts'
import { encodingsOf } from '../../shared/http/takes-gzip.ts'
import type { Mount } from '../../shared/mount.ts'
import type { MountDeps } from '../deps.ts'
import { playlistResponse } from './carry.ts'

/** What the playlist depends on of a request. */
interface AskedPlaylist {
  query: string
  method: string
  headers: { get(name: string): string | null }
}

/** The multivariant playlist of a mount for one listener. A string says why there is none. */
export function multivariantFor(
  view: View,
  mount: Mount,
  { config, hls, carrying }: MountDeps,
  { query, method, headers }: AskedPlaylist,
  facts: RequestFacts,
): Response | 'not packaged' | 'no room' | 'unknown mount' {
  const isHead = method === 'HEAD'
  const listener = { mount, query, sender: facts }
  const opened = hls.open(view, listener, {
    head: isHead,
    userAgent: headers.get('user-agent'),
    range: headers.get('range'),
    carrier: carrierAt(config, facts),
  })
  if (typeof opened === 'string') return opened
  const whole = playlistResponse(encodingsOf(facts, headers), carrying.gzip, opened)
  return isHead ? new Response(null, whole) : whole
}

/** This edge as one that carries, by the address at which the listener found it; undefined if it does not. */
export const carrierAt = (
  { hlsEdge }: MountDeps['config'],
  { here, base }: RequestFacts,
): Carrier | undefined => (hlsEdge === 'off' ? undefined : { comes: hlsEdge, base: here ?? base ?? '' })

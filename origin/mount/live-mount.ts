import type { Mount } from '../../shared/mount.ts'
import type { StreamFacts } from '../format/framer.ts'
import type { FeedInfo } from './feed.ts'

/** One mount with a feed, as others see it. */
export interface LiveMount {
  readonly name: Mount
  readonly kind: 'source' | 'relay'
  readonly contentType: string
  readonly title: string
  /** how its feed came, and what it says of the stream */
  readonly info: FeedInfo
  /** what the header of a container says of it */
  readonly facts: StreamFacts | undefined
  /** connected now, relays with credentials not counted */
  readonly listeners: number
  /** most of them at once */
  readonly listenerPeak: number
  readonly maxListeners: number | null
  /** answered 200 since the mount began; {@link countRefused} adds those refused for room */
  readonly joins: number
  /** incoming kbit/s, measured; 0 until known */
  readonly kbps: number
  readonly startedAtMs: number
  /** when a relay lost its master; undefined while bytes flow */
  readonly interruptedAtMs: number | undefined
  /** the newest audio bytes that were pushed, at most so many, for splicing */
  tail(bytes: number): Uint8Array
}

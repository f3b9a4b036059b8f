import type { Mount } from '../../shared/mount.ts'

/** One mount with a feed, as others see it. */
export interface LiveMount {
  readonly name: Mount
  readonly kind: 'source' | 'relay'
  readonly contentType: string
  readonly title: string
  /** connected now, relays with credentials not counted */
  readonly listeners: number
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

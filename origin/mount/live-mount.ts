import type { Mount } from '../../shared/mount.ts'
import type { AudioFacts, StreamFacts } from '../format/framer.ts'
import type { FeedInfo } from './feed.ts'

/** A running mount, as other modules see it. */
export interface LiveMount {
  readonly name: Mount
  readonly kind: 'source' | 'relay'
  readonly contentType: string
  /** as its bytes show it, else as announced: `mpeg`, `adts`, `ogg`, `webm` */
  readonly format: string
  readonly title: string
  /** how its feed was announced */
  readonly info: FeedInfo
  /** stream facts from a container's header */
  readonly facts: StreamFacts | undefined
  /** what its bytes say about the audio, so far */
  readonly sound: AudioFacts | undefined
  /** connected now, without relays that have credentials */
  readonly listeners: number
  /** highest number at the same time */
  readonly listenerPeak: number
  readonly maxListeners: number | null
  /** listeners served since the mount began; {@link countRefused} adds those refused because it is full */
  readonly joins: number
  /** incoming kbit/s, measured; 0 until known */
  readonly kbps: number
  readonly startedAtMs: number
  /** when a relay lost its master; undefined while bytes flow */
  readonly interruptedAtMs: number | undefined
  /** the newest audio bytes pushed, at most this many, for splicing */
  tail(bytes: number): Uint8Array
}

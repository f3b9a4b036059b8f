import type { Mount } from '../../shared/mount.ts'
import type { MountsDeps } from './deps.ts'
import type { Headcount } from './room/headcount.ts'

/** The listeners of a mount in all: those of its room, and those by HLS. */
export class AudienceCount {
  #name: Mount
  #sessions: MountsDeps['sessions']
  #room: Headcount
  /** most listeners at a time */
  #peak = 0
  /** by HLS, joins and bytes of earlier sources of this name */
  readonly #joinsBefore: number
  readonly #sentBefore: number

  /** @param room the listeners that are not by HLS */
  constructor(name: Mount, sessions: MountsDeps['sessions'], room: Headcount) {
    this.#name = name
    this.#sessions = sessions
    this.#room = room
    this.#joinsBefore = sessions?.joins(name) ?? 0
    this.#sentBefore = sessions?.bytesSent(name) ?? 0
  }

  get listeners(): number {
    return this.#room.listeners + (this.#sessions?.listeners(this.#name) ?? 0)
  }
  get peak(): number {
    this.note()
    return Math.max(this.#room.listenerPeak, this.#peak)
  }
  get joins(): number {
    return this.#room.joins + (this.#sessions?.joins(this.#name) ?? 0) - this.#joinsBefore
  }
  get bytesSent(): number {
    return this.#room.bytesSent + (this.#sessions?.bytesSent(this.#name) ?? 0) - this.#sentBefore
  }

  /** There may be more listeners than ever: those by HLS do not join here. */
  note(): void {
    this.#peak = Math.max(this.#peak, this.listeners)
  }
}

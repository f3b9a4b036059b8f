import { hlsLimits } from '../../shared/hls/limits.ts'
import { holderOf } from '../../shared/http/address.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Timers } from '../lib/timers.ts'
import type { Load } from '../load.ts'

/** Who listens by HLS: known by the `s=` of its requests, else by address and User-Agent. */
export interface HlsSession {
  /** for the admin's lists and auth backends */
  readonly id: number
  readonly mount: Mount
  readonly address: string
  readonly userAgent: string | undefined
  readonly referer: string | undefined
  readonly user: string | undefined
  /** the request by which it was accepted, for the access log */
  readonly path: string
  readonly version: '1.0' | '1.1'
  /** when it was accepted; then, when it fetched the first segment of this visit */
  beganAtMs: number
  /** when it is removed unless it asks again */
  expiresAtMs: number
  /** sent in this visit */
  bytes: number
  /** it has fetched a segment lately, so it is a listener */
  isListening: boolean
  /** it has left; a request that was under way may still be answered */
  hasEnded: boolean
  /** by the operator's or the backend's time limit; undefined: none */
  readonly deadlineMs: number | undefined
  /** tells the auth backend that it has left, after so many ms */
  readonly leave: (listenedMs: number) => void
}

/** What is known of a listener that is accepted. */
export type Accepted = Pick<
  HlsSession,
  'mount' | 'address' | 'userAgent' | 'referer' | 'user' | 'path' | 'version' | 'deadlineMs' | 'leave'
> & { id?: number }

export interface SessionsDeps {
  load: Load
  nowMs: () => number
  timers: Timers
  nextId: () => number
  /** listeners that the server has room for: one address may have a share of it */
  maxListeners: () => number
  /** A visit has begun: its mount may never have had so many listeners. */
  onBegin?: (session: HlsSession) => void
  /** A visit has ended: it is logged like the end of a connection. */
  onEnd: (session: HlsSession) => void
}

interface Count {
  listeners: number
  joins: number
  bytes: number
}

/** ms between two looks for sessions that have gone */
const lookMs = 1000

/**
 * The listeners by HLS (docs/hls.md#sessions). A session is accepted at the media playlist, counts from its first segment, and has left when it has
 * fetched none for three target durations.
 */
export class HlsSessions {
  #deps: SessionsDeps
  #sessions = new Map<string, HlsSession>()
  #counts = new Map<Mount, Count>()
  /** by {@link holderOf} their addresses */
  #ofHolder = new Map<string, number>()
  /** removed by the admin, and until when they are refused */
  #killed = new Map<string, number>()
  #listening = 0
  #cancelLook: (() => void) | undefined

  constructor(deps: SessionsDeps) {
    this.#deps = deps
  }

  /** all of them, including those that only asked for the playlist */
  get size(): number {
    return this.#sessions.size
  }

  /** those that count as listeners */
  get listening(): number {
    return this.#listening
  }

  get(key: string): HlsSession | undefined {
    return this.#sessions.get(key)
  }

  /** Whether the admin has removed it a moment ago. */
  isKilled(key: string): boolean {
    return (this.#killed.get(key) ?? 0) > this.#deps.nowMs()
  }

  listeners(mount: Mount): number {
    return this.#counts.get(mount)?.listeners ?? 0
  }

  joins(mount: Mount): number {
    return this.#counts.get(mount)?.joins ?? 0
  }

  /** bytes sent to the listeners of a mount */
  bytesSent(mount: Mount): number {
    return this.#counts.get(mount)?.bytes ?? 0
  }

  /** The listeners of a mount. */
  list(mount: Mount): HlsSession[] {
    return [...this.#sessions.values()].filter((each) => each.mount === mount && each.isListening)
  }

  /** Whether one more of this address fits: no address, and no /64 of IPv6, may take all the room by inventing sessions. */
  hasRoomFor(address: string): boolean {
    const share = Math.max(
      hlsLimits.addressSessionsMin,
      Math.floor(this.#deps.maxListeners() * hlsLimits.addressShare),
    )
    const expected = this.#sessions.size - this.#listening
    return (this.#ofHolder.get(holderOf(address)) ?? 0) < share && expected < hlsLimits.expectedMax
  }

  /** Accepts a session; it becomes a listener with its first segment. */
  accept(
    key: string,
    { id = this.#deps.nextId(), ...accepted }: Accepted,
    targetSeconds: number,
  ): HlsSession {
    const nowMs = this.#deps.nowMs()
    const session: HlsSession = {
      ...accepted,
      id,
      beganAtMs: nowMs,
      expiresAtMs: nowMs + lifeMs(targetSeconds),
      bytes: 0,
      isListening: false,
      hasEnded: false,
    }
    this.#sessions.set(key, session)
    const holder = holderOf(session.address)
    this.#ofHolder.set(holder, (this.#ofHolder.get(holder) ?? 0) + 1)
    this.#look()
    return session
  }

  /** Counts an object that a session fetched. @param isSegment false: a playlist, which does not make it a listener */
  fetched(session: HlsSession, bytes: number, targetSeconds: number, isSegment: boolean): void {
    const nowMs = this.#deps.nowMs()
    this.#deps.load.addSent(bytes)
    this.#countOf(session.mount).bytes += bytes
    if (session.hasEnded) return
    session.bytes += bytes
    if (isSegment && !session.isListening) this.#begin(session, nowMs)
    // a listener that only reads playlists has left; one that was accepted may still begin
    if (isSegment || !session.isListening) session.expiresAtMs = nowMs + lifeMs(targetSeconds)
  }

  /** Removes a listener, and refuses it for a while; false if there is none of this id. */
  kill(mount: Mount, id: number): boolean {
    for (const [key, session] of this.#sessions)
      if (session.id === id && session.mount === mount) {
        this.#killed.set(key, this.#deps.nowMs() + hlsLimits.killedMs)
        this.#end(key, session)
        return true
      }
    return false
  }

  /** Ends every session of a mount that is gone, or all. */
  endAll(mount?: Mount): void {
    for (const [key, session] of this.#sessions)
      if (mount === undefined || session.mount === mount) this.#end(key, session)
  }

  #begin(session: HlsSession, nowMs: number): void {
    const { load } = this.#deps
    session.isListening = true
    session.beganAtMs = nowMs
    this.#listening++
    const count = this.#countOf(session.mount)
    count.listeners++
    count.joins++
    load.listeners++
    load.joins++
    this.#deps.onBegin?.(session)
  }

  #countOf(mount: Mount): Count {
    const known = this.#counts.get(mount)
    if (known) return known
    const count = { listeners: 0, joins: 0, bytes: 0 }
    this.#counts.set(mount, count)
    return count
  }

  #end(key: string, session: HlsSession): void {
    this.#sessions.delete(key)
    session.hasEnded = true
    const holder = holderOf(session.address)
    const left = (this.#ofHolder.get(holder) ?? 1) - 1
    if (left > 0) this.#ofHolder.set(holder, left)
    else this.#ofHolder.delete(holder)
    session.leave(session.isListening ? this.#deps.nowMs() - session.beganAtMs : 0)
    if (!session.isListening) return
    session.isListening = false
    this.#listening--
    const count = this.#counts.get(session.mount)
    if (count) count.listeners--
    this.#deps.load.listeners--
    this.#deps.onEnd(session)
  }

  #look(): void {
    this.#cancelLook ??= this.#deps.timers.after(lookMs, () => {
      this.#cancelLook = undefined
      const nowMs = this.#deps.nowMs()
      for (const [key, session] of this.#sessions)
        if (session.expiresAtMs <= nowMs || (session.deadlineMs ?? Number.POSITIVE_INFINITY) <= nowMs)
          this.#end(key, session)
      for (const [key, untilMs] of this.#killed) if (untilMs <= nowMs) this.#killed.delete(key)
      if (this.#sessions.size + this.#killed.size > 0) this.#look()
    })
  }
}

const lifeMs = (targetSeconds: number) => hlsLimits.sessionTargets * targetSeconds * 1000

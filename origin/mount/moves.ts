import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../shared/mount.ts'
import { type Findable, type Found, fallbacksOf, find } from './fallbacks.ts'
import type { ActiveMount } from './mount.ts'
import type { Listener } from './stream/listener.ts'

const log = getLogger(['distributary', 'mount'])

export interface MovesDeps extends Findable {
  /** running mounts of this name, fed from outside or from a file, if listeners are allowed on them */
  playing: (name: Mount) => ActiveMount | undefined
  /** Starts a mount; undefined if it cannot be started. */
  begin: (found: Exclude<Found, { kind: 'live' }>) => Promise<ActiveMount | undefined>
  nowMs: () => number
}

/**
 * Moves listeners between mounts on their existing connections: to the fallback when their feed ends, back when it
 * returns (`fallback-override`), and to another mount by the admin's request.
 */
export class Moves {
  #deps: MovesDeps

  constructor(deps: MovesDeps) {
    this.#deps = deps
  }

  /**
   * Moves the listeners of a mount whose feed has ended to the first fallback that runs, if it has the same format and
   * room; the others are closed. If the fallback must be started, they wait for it.
   * @param failed names not to start: the mount itself, and fallbacks that could not be started
   */
  rescue(mount: ActiveMount, failed: readonly Mount[] = [mount.name]): void {
    mount.stop()
    for (;;) {
      const found = mount.everyone.length > 0 ? find(mount.name, this.#deps, failed) : undefined
      if (found && found.kind !== 'live') {
        this.#rescueLater(mount, found, failed)
        return
      }
      if (found && this.#moveAll(mount, found.mount) > 0) continue
      mount.end()
      return
    }
  }

  /**
   * Returns what a starting mount calls with each chunk: it moves listeners back from its fallbacks as
   * `fallback-override` says, as soon as it has enough bytes for them. Until then they hear the fallback.
   */
  recallsTo(mount: () => ActiveMount): () => void {
    let isCalling = true
    return () => {
      if (isCalling) isCalling = this.#recall(mount())
    }
  }

  /** Moves all listeners of one running mount to another; returns how many moved. */
  move(from: ActiveMount, to: ActiveMount): number {
    return this.#moveAll(from, to)
  }

  /**
   * Moves listeners to a mount that must be started first; they hear theirs until it runs, and stay if it cannot be
   * started.
   */
  moveToIdle(from: ActiveMount, to: Exclude<Found, { kind: 'live' }>): void {
    this.#begin(to, from, (begun) => {
      if (begun) this.#moveAll(from, begun)
    })
  }

  /** Whether a listener of a fallback of this mount would be moved back, if it played. */
  isMissed(name: Mount): boolean {
    const { fallbackOf, playing } = this.#deps
    const mayCall = this.#callableTo(name)
    if (!mayCall) return false
    return fallbacksOf(name, fallbackOf).some((each) => playing(each)?.everyone.some(mayCall) === true)
  }

  #rescueLater(mount: ActiveMount, found: Exclude<Found, { kind: 'live' }>, failed: readonly Mount[]): void {
    const next = (begun: ActiveMount | undefined) => {
      // a mount that was started only for them plays from its beginning
      const silenceMs = begun?.everyone.length === 0 ? Number.POSITIVE_INFINITY : this.#silenceOf(mount)
      if (begun && this.#deps.live(mount.name) === undefined) this.#moveAll(mount, begun, silenceMs)
      this.rescue(mount, [...failed, found.name])
    }
    this.#begin(found, mount, next)
  }

  /** Starts a mount for the listeners of another, and reports the result. */
  #begin(
    found: Exclude<Found, { kind: 'live' }>,
    { name }: ActiveMount,
    next: (begun: ActiveMount | undefined) => void,
  ): void {
    this.#deps.begin(found).then(next, (error: unknown) => {
      log.error('could not start mount', { mount: found.name, for: name, error })
      next(undefined)
    })
  }

  #moveAll(from: ActiveMount, to: ActiveMount, silenceMs = this.#silenceOf(from)): number {
    if (!to.isLike(from)) {
      const formats = { plays: from.contentType, other: to.contentType }
      if (from.everyone.length > 0)
        log.warn('listeners not moved to another format', { from: from.name, to: to.name, ...formats })
      return 0
    }
    let count = 0
    for (const listener of from.everyone) {
      if (!to.hasRoomFor(listener)) continue
      to.take(listener, from, silenceMs)
      count++
    }
    to.send()
    if (count > 0) log.info('listeners moved', { from: from.name, to: to.name, count })
    return count
  }

  /** True while a listener still waits for the mount to have enough bytes. */
  #recall(mount: ActiveMount): boolean {
    const { fallbackOf, playing } = this.#deps
    const mayCall = this.#callableTo(mount.name)
    if (!mayCall || mount.isStopped) return false
    let waits = false
    for (const name of fallbacksOf(mount.name, fallbackOf)) {
      const from = playing(name)
      if (!from) continue
      if (!mount.isSure) waits ||= from.everyone.some(mayCall)
      else if (mount.isLike(from)) waits = this.#recallFrom(from, mount, mayCall) || waits
    }
    mount.send()
    return waits
  }

  /** Which listeners of its fallbacks a mount moves back; undefined: none. */
  #callableTo(name: Mount): ((listener: Listener) => boolean) | undefined {
    const override = this.#deps.fallbackOf(name)?.override ?? 'none'
    if (override === 'none') return undefined
    return (listener) => listener.belongsTo(name) || (override === 'all' && !listener.info.isRelay)
  }

  /** They hear the mount from its beginning, up to a burst of it; a listener without room stays with the fallback. */
  #recallFrom(from: ActiveMount, to: ActiveMount, mayCall: (listener: Listener) => boolean): boolean {
    let waits = false
    let count = 0
    for (const listener of from.everyone.filter(mayCall)) {
      if (!to.isReadyFor(listener)) waits = true
      else if (to.hasRoomFor(listener)) {
        to.take(listener, from, Number.POSITIVE_INFINITY)
        count++
      }
    }
    if (count > 0) log.info('listeners moved back', { from: from.name, to: to.name, count })
    return waits
  }

  /** How long a mount's listeners have heard nothing: their players' buffers lack that much by now. */
  #silenceOf(mount: ActiveMount): number {
    return this.#deps.nowMs() - mount.heardAtMs
  }
}

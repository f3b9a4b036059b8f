import { hlsLimits } from '../../shared/hls/limits.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Timers } from '../lib/timers.ts'
import { kindOfMount } from './formats.ts'
import { type FirstNumbers, firstNumbersAt } from './numbers.ts'
import type { PackagedSource } from './packaged-source.ts'
import { Packager } from './packager.ts'

/** Whether a mount is packaged: while somebody asks for it, always, or never. */
export type Packaging = 'on request' | 'always' | 'off'

export interface PackagersOptions {
  /** the mounts of this server that it may package: those of its own sources and relays, not those that it mirrors */
  running: () => readonly (PackagedSource & { readonly name: Mount })[]
  packaging: (mount: Mount) => Packaging
  /** what plays in place of a mount whose source is away: a running fallback; left out: nothing does */
  standIn?: (mount: Mount) => PackagedSource | undefined
  /** s of a segment, and of a playlist */
  times: () => { segmentSeconds: number; windowSeconds: number }
  /** whether players ask a decider where to go on; left out: they have one server */
  isSteered?: () => boolean
  timers: Timers
  /** a clock that does not step back, ms */
  nowMs: () => number
  /** the wall clock, ms since 1970 */
  wallMs: () => number
}

interface Held {
  packager: Packager
  /** when it was last asked for */
  askedAtMs: number
  /** when its source, or what plays in place of it, ended; undefined: it runs */
  endedAtMs: number | undefined
  waiting: (() => void)[]
}

/** ms between two looks for mounts that nobody asks for any more */
const lookMs = 5000
/** mounts whose next number is remembered, so that no number comes twice within a second of a restart of their packager */
const numbersKeptMax = 10_000
/** The packagers of a server's mounts (docs/hls.md#packaging), each from the first request for it until a minute after the last. */
export class Packagers {
  #options: PackagersOptions
  #held = new Map<Mount, Held>()
  /** the next number of mounts that were packaged before */
  #numbers = new Map<Mount, FirstNumbers & { stoppedAtMs: number }>()
  #stopLooking: (() => void) | undefined

  constructor(options: PackagersOptions) {
    this.#options = options
  }

  /** mounts that are packaged now */
  get mounts(): Mount[] {
    return [...this.#held.keys()]
  }

  /**
   * The packager of a mount, which begins now if it did not run; resolves when it has a segment, or has waited long enough.
   * Undefined if the mount is not here, is not to be packaged, or HLS has no place for its format. A mount whose source is away keeps its
   * playlist as it is for a minute, since ffmpeg ends at any other answer.
   */
  async request(mount: Mount): Promise<Packager | undefined> {
    const held = this.#heldFor(mount)
    if (!held || held.packager.window.hasSegments) return held?.packager
    await new Promise<void>((resolve) => {
      const cancel = this.#options.timers.after(hlsLimits.firstSegmentMs, resolve)
      held.waiting.push(() => {
        cancel()
        resolve()
      })
    })
    return held.packager.window.hasSegments ? held.packager : undefined
  }

  /** Whether the source of a mount is away since less than a minute: players may come back to it. */
  mayReturn(mount: Mount): boolean {
    return this.#held.get(mount)?.endedAtMs !== undefined
  }

  /** The packager of a mount that has something to play, as {@link request} would resolve at once. */
  ready(mount: Mount): Packager | undefined {
    const held = this.#held.get(mount)
    if (!held?.packager.window.hasSegments) return undefined
    held.askedAtMs = this.#options.nowMs()
    return held.packager
  }

  /** The packager of a mount if it runs. */
  get(mount: Mount): Packager | undefined {
    const held = this.#held.get(mount)
    if (held) held.askedAtMs = this.#options.nowMs()
    return held?.packager
  }

  /** Mounts have begun or ended, or their settings have changed. */
  look(): void {
    const running = new Map(this.#options.running().map((source) => [source.name, source] as const))
    for (const mount of running.keys()) if (this.#options.packaging(mount) === 'always') this.#heldFor(mount)
    const nowMs = this.#options.nowMs()
    for (const [mount, held] of this.#held) {
      const { packager, askedAtMs } = held
      const packaging = this.#options.packaging(mount)
      const source = running.get(mount) ?? this.#standInFor(mount, packager)
      held.endedAtMs = source ? undefined : (held.endedAtMs ?? nowMs)
      const isOff = packaging === 'off' || kindOfMount(source) === 'none'
      const isIdle = nowMs - askedAtMs > hlsLimits.idleMs && packaging !== 'always'
      const isGone = held.endedAtMs !== undefined && nowMs - held.endedAtMs >= hlsLimits.returnMs
      if (isOff || isIdle || isGone) this.#drop(mount)
      else packager.follow(source)
    }
  }

  stop(): void {
    this.#stopLooking?.()
    for (const mount of this.mounts) this.#drop(mount)
  }

  #heldFor(mount: Mount): Held | undefined {
    const known = this.#held.get(mount)
    if (known) {
      known.askedAtMs = this.#options.nowMs()
      return known
    }
    const source =
      this.#options.running().find(({ name }) => name === mount) ?? this.#standInFor(mount, undefined)
    if (!source || kindOfMount(source) === 'none' || this.#options.packaging(mount) === 'off')
      return undefined
    const held = this.#begin(mount, source)
    this.#lookAgain()
    return held
  }

  /** A fallback, if it is packaged as the mount was: players that fetch MP3 cannot go on with AAC, and Icecast moves no listeners so. */
  #standInFor(mount: Mount, packager: Packager | undefined): PackagedSource | undefined {
    const standIn = this.#options.standIn?.(mount)
    const kind = kindOfMount(standIn)
    if (kind === undefined || kind === 'none') return undefined
    const before = packager?.window.segments.at(-1)?.kind
    return before === undefined || before === kind ? standIn : undefined
  }

  #begin(mount: Mount, source: PackagedSource): Held {
    const { times, isSteered, wallMs, nowMs } = this.#options
    const { segmentSeconds, windowSeconds } = times()
    const waiting: (() => void)[] = []
    const before = this.#numbers.get(mount)
    const packager = new Packager(source, {
      segmentSeconds,
      windowSeconds,
      isSteered: isSteered?.() ?? false,
      heldSecondsMax: before ? (nowMs() - before.stoppedAtMs) / 1000 : windowSeconds,
      first: (beganMs) => {
        // what was sent faster than real time was not broadcast before its source began: until then another master may have listed some
        const startMs = wallMs() - nowMs() + source.startedAtMs
        const byClock = firstNumbersAt(Math.max(beganMs, startMs), segmentSeconds)
        return {
          segment: Math.max(before?.segment ?? 0, byClock.segment),
          discontinuity: Math.max(before?.discontinuity ?? 0, byClock.discontinuity),
        }
      },
      nowMs,
      wallMs,
      onSegment: () => {
        for (const resolve of waiting.splice(0)) resolve()
      },
    })
    const held = { packager, askedAtMs: nowMs(), endedAtMs: undefined, waiting }
    this.#held.set(mount, held)
    return held
  }

  #drop(mount: Mount): void {
    const held = this.#held.get(mount)
    if (!held) return
    held.packager.stop()
    this.#held.delete(mount)
    this.#numbers.delete(mount)
    this.#numbers.set(mount, { ...held.packager.next, stoppedAtMs: this.#options.nowMs() })
    const [oldest] = this.#numbers.keys()
    if (this.#numbers.size > numbersKeptMax && oldest !== undefined) this.#numbers.delete(oldest)
  }

  #lookAgain(): void {
    this.#stopLooking ??= this.#options.timers.after(lookMs, () => {
      this.#stopLooking = undefined
      this.look()
      if (this.#held.size > 0) this.#lookAgain()
    })
  }
}

import { getLogger } from '@logtape/logtape'
import type { Timers } from '../lib/timers.ts'
import { relayLimits } from './limits.ts'
import type { Line, LineEvents } from './pull/line.ts'
import type { Upstream } from './upstreams/upstream.ts'
import type { Upstreams } from './upstreams/upstreams.ts'

const log = getLogger(['distributary', 'relay'])

export interface ComeBackDeps {
  timers: Timers
  /** random numbers in [0, 1) */
  roll: () => number
  upstreams: Upstreams
  open: (upstream: Upstream, events: LineEvents) => Line
  /** why an upstream's stream cannot be used; undefined if it can */
  refusalOf: (line: Line) => string | undefined
  /** its stream has started: it feeds the mount from here on */
  adopt: (line: Line) => void
  /** an adopted line has ended */
  lost: (line: Line, why: string) => void
}

/**
 * Returns a relay to its preferred upstream: tries it periodically in parallel to the current one, and hands over its
 * connection once its burst is complete. Listeners do not wait for it.
 */
export class ComeBack {
  #deps: ComeBackDeps
  #trial: Line | undefined
  #cancelTry = () => {}
  /** cancels the wait for the trial's burst; undefined before its first bytes */
  #cancelAdoption: (() => void) | undefined

  constructor(deps: ComeBackDeps) {
    this.#deps = deps
  }

  /** Looks for an upstream preferred to the current one. */
  watch(current: Upstream): void {
    if (this.#trial) return
    const { timers, roll, upstreams } = this.#deps
    this.#cancelTry()
    const back = upstreams.preferredTo(current)
    if (!back) return
    const waitMs = back.waitMs > 0 ? back.waitMs : roll() * relayLimits.comeBackSpreadMs
    this.#cancelTry = timers.after(waitMs, () => this.#try(back.upstream, current))
  }

  /** Stops; a trial that already receives its stream is returned, not closed. */
  stop(): Line | undefined {
    this.#cancelTry()
    const trial = this.#endTrial()
    if (trial && trial.heldBytes > 0) return trial
    trial?.close()
    return undefined
  }

  #try(upstream: Upstream, current: Upstream): void {
    const { open, refusalOf, lost } = this.#deps
    this.#trial = open(upstream, {
      opened: (line) => {
        const refused = refusalOf(line)
        if (refused === undefined) return
        line.close()
        this.#failed(line, refused, current)
      },
      held: (line) => this.#held(line),
      lost: (line, why) => (line === this.#trial ? this.#failed(line, why, current) : lost(line, why)),
    })
  }

  #held(line: Line): void {
    if (line !== this.#trial) return
    if (line.heldBytes >= relayLimits.spliceBytesMax) this.#adopt(line)
    else this.#cancelAdoption ??= this.#deps.timers.after(relayLimits.spliceMs, () => this.#adopt(line))
  }

  #adopt(line: Line): void {
    this.#endTrial()
    this.#deps.adopt(line)
  }

  #failed({ upstream }: Line, why: string, current: Upstream): void {
    this.#endTrial()
    this.#deps.upstreams.failed(upstream, 0)
    log.debug('preferred upstream not back', { from: upstream.url.origin, why })
    this.watch(current)
  }

  #endTrial(): Line | undefined {
    const trial = this.#trial
    this.#trial = undefined
    this.#cancelAdoption?.()
    this.#cancelAdoption = undefined
    return trial
  }
}

import type { PlacingDeps } from '../draw/place-listener.ts'
import type { View } from '../draw/view.ts'
import { type PiecedAnswer, steeringAnswer } from '../hls/answers.ts'
import { Balance } from '../hls/balance.ts'
import { BusyMeter } from '../hls/busy-meter.ts'
import type { HlsListener } from '../hls/place-session.ts'
import { type Carrier, type OpenedSession, type Opening, openSession } from './open-session.ts'
import { steerSession } from './steer-session.ts'

/** Places and steers the listeners by HLS of a cluster: at an edge, and at a master that decides itself. */
export class HlsDecider {
  #placing: PlacingDeps
  #balance: Balance
  #meter: BusyMeter

  /** @param maxListenersDefault slots of a server that does not report its maximum */
  constructor(placing: PlacingDeps, maxListenersDefault: number) {
    this.#placing = placing
    this.#balance = new Balance(maxListenersDefault)
    this.#meter = new BusyMeter(placing.nowMs)
  }

  /** A new session at the servers of this moment. */
  open(view: View, listener: HlsListener, opening: Opening): OpenedSession {
    return openSession(view, listener, this.#placing, opening)
  }

  /** Where a session goes on: the answer to its player. */
  steer(view: View, listener: HlsListener, carrier?: Carrier): PiecedAnswer {
    this.#meter.count()
    const isBusy = () => this.#meter.isBusy
    const deps = { ...this.#placing, isBusy, balance: this.#balance }
    return steeringAnswer(steerSession(view, listener, deps, carrier))
  }
}

import { Rate } from './rate.ts'

/** Counts of the whole server: what a report says of it beyond its mounts. */
export class Load {
  /** listeners connected now; relays with credentials not counted */
  listeners = 0
  /** listeners answered 200 or refused for room, since the start */
  joins = 0
  /** listeners dropped because they fell off the queue, since the start */
  slow = 0
  /** connections accepted, since the start */
  connections = 0
  #sent: Rate

  /** @param nowMs a clock in ms that does not step back */
  constructor(nowMs: () => number) {
    this.#sent = new Rate(nowMs)
  }

  /** Counts bytes handed to listeners and relays. */
  addSent(bytes: number): void {
    this.#sent.add(bytes)
  }

  /** kbit/s that leave the server, measured over the last seconds. */
  bandwidthKbps(): number {
    return Math.round((this.#sent.perSecond() * 8) / 1000)
  }
}

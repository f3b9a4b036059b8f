import { Rate } from './lib/rate.ts'

/** Counters of the whole server, for reports and stats. */
export class Load {
  /** listeners connected now; relays with credentials not counted */
  listeners = 0
  /** listeners answered 200 or refused for room, since the start */
  joins = 0
  /** of these, those refused for room */
  refused = 0
  /** bytes handed to listeners and relays, since the start */
  bytesSent = 0
  /** listeners dropped because they fell off the queue, since the start */
  slow = 0
  /** connections accepted, since the start, and open now */
  connections = 0
  clients = 0
  /** requests answered, those of sources not counted, since the start */
  requests = 0
  /** feeds begun by sources and by relays, since the start */
  sources = 0
  relays = 0
  /** static files answered, since the start */
  files = 0
  /** connections that follow the stats: now, and since the start */
  feeds = 0
  feedsBegun = 0
  #sent: Rate

  /** @param nowMs a clock in ms that does not step back */
  constructor(nowMs: () => number) {
    this.#sent = new Rate(nowMs)
  }

  /** Counts a feed that begins. */
  countFeed(kind: 'source' | 'relay'): void {
    if (kind === 'relay') this.relays++
    else this.sources++
  }

  /** Counts a listener refused for room. */
  countRefused(): void {
    this.joins++
    this.refused++
  }

  /** Counts bytes handed to listeners and relays. */
  addSent(bytes: number): void {
    this.bytesSent += bytes
    this.#sent.add(bytes)
  }

  /** kbit/s that leave the server, measured over the last seconds. */
  bandwidthKbps(): number {
    return Math.round((this.#sent.perSecond() * 8) / 1000)
  }
}

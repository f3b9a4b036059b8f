import { Deinterleaver, type Sink } from '../../icy/deinterleaver.ts'
import type { IcyMetadata } from '../../icy/metadata.ts'
import { keyOf, type Upstream } from '../upstreams/upstream.ts'
import type { PullOptions, StartPull } from './pull.ts'
import type { Reach } from './reach.ts'
import type { ResponseHead } from './response-head.ts'

export interface Reply {
  head: ResponseHead
  /** MP3 where the server does not say: so do Shoutcast's */
  contentType: string
  /** where the redirects ended */
  at: URL
  /** ms of the clock that was handed in */
  atMs: number
}

export interface LineEvents {
  /** The upstream answered with a stream. */
  opened(line: Line): void
  /** Something came that nobody takes yet; called for each piece. */
  held(line: Line): void
  /** Called once where the upstream or the network ended it. */
  lost(line: Line, why: string): void
}

/** A connection to one upstream, with ICY taken out. It holds what comes until it is told where to put it. */
export class Line {
  readonly upstream: Upstream
  /** undefined before it came */
  reply: Reply | undefined
  #pull: ReturnType<StartPull>
  #input: Pick<Deinterleaver, 'push'>
  #sink: Sink | undefined
  #held: (Uint8Array | IcyMetadata)[] = []
  #heldBytes = 0

  constructor(
    upstream: Upstream,
    start: StartPull,
    options: Omit<PullOptions, 'authorizationFor' | 'reach'> & { reach: Omit<Reach, 'configured'> },
    nowMs: () => number,
    events: LineEvents,
  ) {
    const sink: Sink = {
      audio: (bytes) => this.#audio(bytes, events),
      metadata: (metadata) => {
        if (this.#sink) this.#sink.metadata(metadata)
        else this.#held.push(metadata)
      },
    }
    const { pass, url, configured } = upstream
    const authorizationFor = (origin: string) => (pass?.origins.has(origin) ? pass.authorization : undefined)
    this.upstream = upstream
    this.#input = { push: sink.audio }
    this.#pull = start(
      url,
      { ...options, reach: { ...options.reach, configured }, authorizationFor },
      {
        opened: (head, at) => {
          const contentType = head.headers.get('content-type') || 'audio/mpeg'
          this.reply = { head, contentType, at, atMs: nowMs() }
          const metaint = Number(head.headers.get('icy-metaint'))
          if (Number.isSafeInteger(metaint) && metaint > 0) this.#input = new Deinterleaver(metaint, sink)
          events.opened(this)
        },
        data: (bytes) => this.#input.push(bytes),
        lost: (why) => events.lost(this, why),
      },
    )
  }

  get key(): string {
    return keyOf(this.upstream)
  }
  /** what waits for {@link deliver} */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Puts what has come and what comes from now on there. */
  deliver(sink: Sink): void {
    this.#sink = sink
    for (const held of this.#held.splice(0))
      if (held instanceof Uint8Array) sink.audio(held)
      else sink.metadata(held)
    this.#heldBytes = 0
  }

  close(): void {
    this.#pull.close()
  }

  #audio(bytes: Uint8Array, events: LineEvents): void {
    if (this.#sink) {
      this.#sink.audio(bytes)
      return
    }
    this.#held.push(bytes)
    this.#heldBytes += bytes.length
    events.held(this)
  }
}

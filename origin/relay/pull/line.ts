import { Deinterleaver, type Sink } from '../../icy/deinterleaver.ts'
import type { IcyMetadata } from '../../icy/metadata.ts'
import { keyOf, type Upstream } from '../upstreams/upstream.ts'
import type { PullOptions, StartPull } from './pull.ts'
import type { Reach } from './reach.ts'
import type { ResponseHead } from './response-head.ts'

export interface UpstreamReply {
  head: ResponseHead
  /** MP3 if the server sends no type, as Shoutcast does */
  contentType: string
  /** where the redirects ended */
  at: URL
  /** ms of the given clock */
  atMs: number
}

export interface LineEvents {
  /** The upstream answered with a stream. */
  opened(line: Line): void
  /** Bytes arrived before {@link Line.deliver}; called for each piece. */
  held(line: Line): void
  /** Called once if the upstream or the network ended the connection. */
  lost(line: Line, why: string): void
}

/** A connection to one upstream, with ICY metadata removed. It holds the bytes until it is told where to send them. */
export class Line {
  readonly upstream: Upstream
  /** undefined until it arrives */
  reply: UpstreamReply | undefined
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
  /** bytes held until {@link deliver} */
  get heldBytes(): number {
    return this.#heldBytes
  }

  /** Sends the held and all later bytes to this sink. */
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

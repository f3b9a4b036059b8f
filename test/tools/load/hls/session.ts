import { Line } from './line.ts'
import { type Came, HlsPlayer, type Wish } from './player.ts'

/** ms that an answer may take */
const answerMs = 5000

export interface SessionOptions {
  /** local address of its connections */
  from?: string | undefined
  /** told of each answer before the player takes it; then the bytes of segments are kept */
  onAnswer?: ((wish: Wish, came: Came, askedMs: number) => void) | undefined
  /** begins where the playlist says */
  followsStart?: boolean
}

/** A player and its connections: at most two to each server, which stay open. */
export class Session {
  readonly player: HlsPlayer
  #from: string | undefined
  #lines = new Map<string, Line[]>()
  #waiting = new Map<Line, number>()
  /** bytes by connections that are closed */
  #receivedBefore = 0
  #onAnswer: SessionOptions['onAnswer']
  requests = 0

  constructor(url: string, { from, onAnswer, followsStart }: SessionOptions = {}) {
    this.player = new HlsPlayer(url, followsStart)
    this.#from = from
    this.#onAnswer = onAnswer
  }

  get received(): number {
    let sum = this.#receivedBefore
    for (const lines of this.#lines.values()) for (const { received } of lines) sum += received
    return sum
  }

  /** Asks for what is wanted now; to be called often. */
  look(nowMs: number): void {
    for (const [line, untilMs] of this.#waiting)
      if (untilMs <= nowMs) line.close(`no answer in ${answerMs / 1000} s`)
    if (this.player.wakeMs > nowMs) return
    for (const wish of this.player.wishes(nowMs)) this.#ask(wish, nowMs)
  }

  close(): void {
    for (const lines of this.#lines.values()) for (const line of lines) line.close()
  }

  #ask(wish: Wish, nowMs: number): void {
    const { hostname, port, pathname, search } = new URL(wish.url)
    const to = { host: hostname, port: Number(port) || 80 }
    const line = this.#lineTo(to)
    this.requests++
    this.#waiting.set(line, nowMs + answerMs)
    const askedMs = Date.now()
    const body = wish.kind !== 'segment' ? 'text' : this.#onAnswer ? 'bytes' : 'dropped'
    line.ask({ ...to, path: pathname + search, body }, (came) => {
      this.#waiting.delete(line)
      this.#onAnswer?.(wish, came, askedMs)
      const atMs = performance.now()
      this.player.answer(wish, came, atMs)
      // what follows at once, such as a segment after its playlist, is asked for by the caller's next look
    })
  }

  #lineTo(to: { host: string; port: number }): Line {
    const key = `${to.host}:${to.port}`
    const known = this.#lines.get(key) ?? []
    const open = known.filter(({ isOpen }) => isOpen)
    for (const line of known) if (!line.isOpen) this.#receivedBefore += line.received
    const idle = open.find(({ isIdle }) => isIdle)
    const line = idle ?? new Line(to, this.#from)
    this.#lines.set(key, idle ? open : [...open, line])
    return line
  }
}

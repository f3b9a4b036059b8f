import type { Socket } from 'node:net'

/** What happens to the bytes that go one way over a link. */
export interface Weather {
  /** ms by which all of it is late */
  delayMs: number
  /** segments of TCP that are lost, of a hundred: they are sent again after a while, and what follows waits for them */
  lossPercent: number
  /** nothing passes; it is sent when the cut is over */
  isCut: boolean
}

export const fair: Readonly<Weather> = { delayMs: 0, lossPercent: 0, isCut: false }

/** bytes of a segment */
const segmentBytes = 1448
/** ms after which a lost segment is sent again, at first: Linux's least; twice as long each further time */
const resendMs = 200
/** bytes that are on the way at most, as in the window of a connection; then the sender has to wait */
const windowBytesMax = 262_144

/** The ms for which a piece is held up since segments of it are lost. @param roll from 0 to 1 */
export function heldMs(bytes: number, lossPercent: number, roll: () => number): number {
  if (lossPercent <= 0) return 0
  const arrives = 1 - lossPercent / 100
  let ms = 0
  let next = resendMs
  // of what is sent again, one segment at a time is lost
  for (let all = arrives ** Math.ceil(bytes / segmentBytes); roll() >= all; all = arrives) {
    ms += next
    next *= 2
  }
  return ms
}

/** One direction of one connection: bytes keep their order, and none is lost for good. */
export class Way {
  readonly #from: Socket
  readonly #to: Socket
  readonly #weather: Readonly<Weather>
  readonly #roll: () => number
  /** what is on its way; undefined: the end */
  readonly #pieces: { dueMs: number; bytes: Buffer | undefined }[] = []
  #bytes = 0
  #timer: NodeJS.Timeout | undefined

  constructor(from: Socket, to: Socket, weather: Readonly<Weather>, roll: () => number) {
    this.#from = from
    this.#to = to
    this.#weather = weather
    this.#roll = roll
    from.on('data', (bytes) => this.#send(bytes))
    from.once('close', () => this.#send(undefined))
    to.on('drain', () => this.#go())
    to.once('close', () => clearTimeout(this.#timer))
  }

  /** The weather has changed. */
  look(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#go()
  }

  #send(bytes: Buffer | undefined): void {
    const { delayMs, lossPercent } = this.#weather
    const { dueMs: lastMs = 0 } = this.#pieces.at(-1) ?? {}
    const held = delayMs + heldMs(bytes?.length ?? 0, lossPercent, this.#roll)
    this.#pieces.push({ dueMs: Math.max(lastMs, performance.now() + held), bytes })
    this.#bytes += bytes?.length ?? 0
    if (this.#bytes > windowBytesMax) this.#from.pause()
    this.#go()
  }

  #go(): void {
    while (!this.#weather.isCut && this.#timer === undefined && !this.#to.writableNeedDrain) {
      const [next] = this.#pieces
      if (!next) return
      const inMs = next.dueMs - performance.now()
      if (inMs > 0) {
        this.#timer = setTimeout(() => this.look(), inMs)
        return
      }
      this.#pieces.shift()
      if (next.bytes === undefined) {
        this.#to.destroySoon()
        return
      }
      this.#bytes -= next.bytes.length
      this.#to.write(next.bytes)
      if (this.#bytes <= windowBytesMax && this.#from.isPaused()) this.#from.resume()
    }
  }
}

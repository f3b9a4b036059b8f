import { connect, type Socket } from 'node:net'

/** What came back: its status, and how long the whole answer took. */
type Answered = (status: number, ms: number) => void

const headEnd = '\r\n\r\n'

/** One connection that stays open, with one request on its way at most. */
class Wire {
  readonly #socket: Socket
  #text = ''
  #whole: ((status: number) => void) | undefined

  constructor(port: number, lost: (error: Error | undefined) => void) {
    this.#socket = connect({ port, host: '127.0.0.1', noDelay: true })
    this.#socket
      .on('data', (bytes) => this.#take(bytes.toString('latin1')))
      .on('error', (error) => lost(error))
      .on('close', () => lost(this.isBusy ? new Error('closed before the whole answer') : undefined))
  }

  get isBusy(): boolean {
    return this.#whole !== undefined
  }

  send(request: Buffer, whole: (status: number) => void): void {
    this.#whole = whole
    this.#socket.write(request)
  }

  end(): void {
    this.#socket.destroy()
  }

  #take(text: string): void {
    this.#text += text
    const body = this.#text.indexOf(headEnd) + headEnd.length
    if (body < headEnd.length || !isWhole(this.#text, body)) return
    const status = Number(this.#text.slice('HTTP/1.1 '.length, 'HTTP/1.1 '.length + 3))
    const whole = this.#whole
    this.#text = ''
    this.#whole = undefined
    whole?.(status)
  }
}

/** Whether all of an answer is there, by its length or its last chunk. */
function isWhole(answer: string, body: number): boolean {
  const [, length] = /\r\ncontent-length: *(\d+)/i.exec(answer.slice(0, body)) ?? []
  return length === undefined ? answer.endsWith(`0${headEnd}`) : answer.length - body >= Number(length)
}

/**
 * Sends requests that are made before, each at once: by a connection that waits for none, or by a new one. It does so little for each that
 * what is measured is the server; an HTTP client takes longer than an edge for a redirect, and collects garbage in between.
 */
export class Asking {
  readonly #port: number
  readonly #idle: Wire[] = []
  readonly #all = new Set<Wire>()
  #failed: Error | undefined

  constructor(url: string) {
    this.#port = Number(new URL(url).port)
  }

  ask(request: Buffer, answered: Answered): void {
    if (this.#failed) throw this.#failed
    // the one that has waited longest, so that no server closes it as idle
    const wire = this.#idle.shift() ?? this.#connect()
    const sentMs = performance.now()
    wire.send(request, (status) => {
      this.#idle.push(wire)
      answered(status, performance.now() - sentMs)
    })
  }

  end(): void {
    for (const wire of this.#all) wire.end()
  }

  #connect(): Wire {
    const wire: Wire = new Wire(this.#port, (error) => {
      this.#failed ??= error
      this.#all.delete(wire)
      const at = this.#idle.indexOf(wire)
      if (at >= 0) this.#idle.splice(at, 1)
    })
    this.#all.add(wire)
    return wire
  }
}

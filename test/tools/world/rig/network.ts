import type { Bites } from './bites.ts'
import type { Process } from './process.ts'
import type { Scheduler } from './scheduler.ts'

/** A program that answers at a host. */
export interface Service {
  readonly process: Process
  answer(request: Request, from: string): Promise<Response>
}

/** What happens to one message on its way. */
type Fate = { afterMs: number } | 'lost' | 'reset'

export interface Channel {
  /** nothing arrives any more, and nobody says so */
  isBroken: boolean
  send(deliver: () => void, reset: () => void): void
}

/** of a line without trouble: ms at least, and what the dice add */
const transitMs = { least: 1, spread: 30 }
/** ms that an answer is in the making, in which its program may be killed */
const servingMs = 2

/** The lines between all hosts. Each direction is a line of its own. */
export class Network {
  readonly #scheduler: Scheduler
  readonly #roll: () => number
  readonly #bites: Bites
  readonly #services = new Map<string, Service[]>()
  /** `from>to`, with how many faults cut it */
  readonly #cut = new Map<string, number>()
  /** ms that are added to what a host sends and gets */
  readonly slowMs = new Map<string, number>()
  /** share of what a host sends and gets that is lost with its connection */
  readonly flaky = new Map<string, number>()
  /** share of the requests to a host that arrive twice */
  readonly doubling = new Map<string, number>()

  constructor(scheduler: Scheduler, roll: () => number, bites: Bites) {
    this.#scheduler = scheduler
    this.#roll = roll
    this.#bites = bites
  }

  /** From now on this program answers at the host, in addition to any that already does, until it ends. */
  listen(host: string, service: Service): void {
    const here = this.#services.get(host) ?? []
    here.push(service)
    this.#services.set(host, here)
    service.process.onEnd(() => this.close(host, service))
  }

  close(host: string, service: Service): void {
    this.#services.set(
      host,
      (this.#services.get(host) ?? []).filter((other) => other !== service),
    )
  }

  /** The program that the next connection to a host reaches; undefined: none listens. */
  serviceAt(host: string): Service | undefined {
    const here = this.#services.get(host) ?? []
    return here[Math.floor(this.#roll() * here.length)]
  }

  cut(from: string, to: string): () => void {
    const line = `${from}>${to}`
    this.#cut.set(line, (this.#cut.get(line) ?? 0) + 1)
    return () => this.#cut.set(line, (this.#cut.get(line) ?? 1) - 1)
  }

  isCut(from: string, to: string): boolean {
    return (this.#cut.get(`${from}>${to}`) ?? 0) > 0
  }

  /** Sends one message; `reset` is called in place of `deliver` where the line breaks and says so. */
  send(from: string, to: string, deliver: () => void, reset: () => void): void {
    const fate = this.#fateOf(from, to)
    if (fate === 'lost') return
    if (fate === 'reset') this.#scheduler.at(this.#scheduler.nowMs + transitMs.spread, 'network', reset)
    else this.#scheduler.at(this.#scheduler.nowMs + fate.afterMs, 'network', deliver)
  }

  /** One direction of a connection: what is sent arrives in its order, or the connection is broken from then on. */
  channel(from: string, to: string): Channel {
    let lastMs = 0
    const channel: Channel = {
      isBroken: false,
      send: (deliver, reset) => {
        if (channel.isBroken) return
        const fate = this.#fateOf(from, to)
        channel.isBroken = typeof fate === 'string'
        const afterMs = typeof fate === 'string' ? transitMs.spread : fate.afterMs
        lastMs = Math.max(lastMs, this.#scheduler.nowMs + afterMs)
        if (fate !== 'lost') this.#scheduler.at(lastMs, 'network', fate === 'reset' ? reset : deliver)
      },
    }
    return channel
  }

  #fateOf(from: string, to: string): Fate {
    if (this.isCut(from, to)) {
      this.#bites.note('message cut off')
      return 'lost'
    }
    if (this.#roll() < Math.max(this.flaky.get(from) ?? 0, this.flaky.get(to) ?? 0)) {
      this.#bites.note('message lost')
      return this.#roll() < 0.5 ? 'reset' : 'lost'
    }
    const slowMs = (this.slowMs.get(from) ?? 0) + (this.slowMs.get(to) ?? 0)
    if (slowMs > 0) this.#bites.note('message late')
    return { afterMs: transitMs.least + this.#roll() * (transitMs.spread + slowMs) }
  }

  /** `fetch` for a process at a host. */
  fetchFrom(host: string, process: Process): typeof fetch {
    return (input, init = {}) =>
      new Promise<Response>((resolve, reject) => {
        const url = new URL(input instanceof Request ? input.url : input)
        const settle = (act: () => void) => process.run(act)
        const fail = (why: string) =>
          settle(() => reject(new TypeError('fetch failed', { cause: new Error(why) })))
        init.signal?.addEventListener('abort', () => reject(init.signal?.reason))
        const request = () => requestOf(url, init, process)
        const to = url.hostname
        const reset = () => fail('ECONNRESET: connection reset')
        const arrive = (isFirst: boolean) =>
          this.#arrive(to, host, request(), isFirst ? answered : () => {}, reset)
        const answered = (response: Response | undefined, status: number) => {
          if (response) settle(() => resolve(response))
          else fail(status === 0 ? 'ECONNREFUSED: connection refused' : 'ECONNRESET: connection reset')
        }
        this.send(host, to, () => arrive(true), reset)
        if (this.#roll() >= (this.doubling.get(to) ?? 0)) return
        this.#bites.note('request doubled')
        this.send(
          host,
          to,
          () => arrive(false),
          () => {},
        )
      })
  }

  #arrive(
    to: string,
    from: string,
    request: Request,
    answered: (response: Response | undefined, status: number) => void,
    reset: () => void,
  ): void {
    const service = this.serviceAt(to)
    const refuse = (status: number) => this.send(to, from, () => answered(undefined, status), reset)
    if (!service) {
      refuse(0)
      return
    }
    const { process } = service
    process.run(() => {
      service.answer(request, from).then(
        async (response) => {
          const body = await response.arrayBuffer()
          const { status, headers } = response
          const isBare = status === 204 || status === 304
          const copy = () => new Response(isBare ? null : body, { status, headers })
          // it may be killed with its answer made and not sent
          process.after(this.#roll() * servingMs, () =>
            this.send(to, from, () => answered(copy(), status), reset),
          )
        },
        () => refuse(500),
      )
    })
  }
}

/** The request as it arrives: its `Date` is the sender's own. */
function requestOf(url: URL, { method, headers, body }: RequestInit, process: Process): Request {
  const sent = new Headers(headers)
  if (sent.has('date')) sent.set('date', new Date(process.clock.wallMs()).toUTCString())
  return new Request(url, { method: method ?? 'GET', headers: sent, body: body ?? null, redirect: 'manual' })
}

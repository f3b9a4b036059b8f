import { relayLimits } from '../../../../origin/relay/limits.ts'
import type { StartPull } from '../../../../origin/relay/pull/pull.ts'
import { judge } from '../../../../origin/relay/pull/request.ts'
import { serverAgent } from '../../../../shared/version.ts'
import type { Process } from '../rig/process.ts'
import type { World } from '../world.ts'
import type { Asked } from './decides.ts'
import type { PullLine, Served } from './wire.ts'

/** What a relay's request shows. */
export interface RelayAsk extends Asked {
  authorization: string | null
  via: string
}

/** An answer to it: the head, and the stream if it is one. */
export interface RelayAnswer {
  status: number
  headers: ReadonlyMap<string, string>
  stream?: (line: PullLine) => Served
}

/** Whatever answers relays. */
export interface AnswersRelays {
  answerRelay(ask: RelayAsk): RelayAnswer | Promise<RelayAnswer>
}

/** As origin/relay/pull/pull.ts does it with sockets: the same requests, redirects and deadlines, over the world's network. */
export const pullFrom =
  (world: World, host: string, process: Process, agent: string = serverAgent): StartPull =>
  (url, options, events) => {
    const attempt = new Attempt({ world, host, process, agent }, options, events)
    attempt.request(url, 1)
    return attempt
  }

type Options = Parameters<StartPull>[1]
type Events = Parameters<StartPull>[2]

/** A program that pulls, and its `User-Agent`. */
interface Puller {
  world: World
  host: string
  process: Process
  agent: string
}

class Attempt {
  readonly #world: World
  readonly #host: string
  readonly #process: Process
  readonly #agent: string
  readonly #options: Options
  readonly #events: Events
  #isClosed = false
  #cancelDeadline = () => {}
  #served: Served | undefined

  constructor({ world, host, process, agent }: Puller, options: Options, events: Events) {
    this.#world = world
    this.#host = host
    this.#process = process
    this.#agent = agent
    this.#options = options
    this.#events = events
    process.onEnd(() => this.close())
  }

  close(): void {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#cancelDeadline()
    this.#hangUp()
  }

  #hangUp(): void {
    const served = this.#served
    this.#served = undefined
    if (served)
      this.#world.network.send(
        this.#host,
        served.host,
        () => served.left(),
        () => {},
      )
  }

  #lose(why: string): void {
    if (this.#isClosed) return
    this.close()
    this.#events.lost(why)
  }

  request(url: URL, count: number): void {
    const { network } = this.#world
    const { authorizationFor, hop } = this.#options
    this.#deadline(relayLimits.connectTimeoutMs, 'connection timed out')
    const to = url.hostname
    const reset = () => this.#process.run(() => this.#lose('connection reset'))
    const ask = this.#world.relayAsk(url, authorizationFor(url.origin) ?? null, hop, this.#agent)
    const reply = (answer: RelayAnswer | undefined) =>
      network.send(
        to,
        this.#host,
        () => this.#process.run(() => this.#answered(url, to, count, answer)),
        reset,
      )
    network.send(
      this.#host,
      to,
      () => {
        const service = network.serviceAt(to)
        if (!service || !answersRelays(service)) return reply(undefined)
        service.process.run(() =>
          Promise.resolve(service.answerRelay(ask)).then(reply, () => reply(undefined)),
        )
      },
      reset,
    )
  }

  #answered(url: URL, to: string, count: number, answer: RelayAnswer | undefined): void {
    if (this.#isClosed) return
    if (!answer) {
      this.#lose('connection refused')
      return
    }
    const head = { status: answer.status, headers: answer.headers }
    const verdict = judge(head, url)
    if ('refused' in verdict) {
      this.#lose(verdict.refused)
      return
    }
    if ('redirect' in verdict) {
      if (count >= relayLimits.requestsMax) {
        this.#lose('redirected too often')
        return
      }
      this.request(verdict.redirect, count + 1)
      return
    }
    this.#watchSilence(0)
    const line: PullLine = {
      host: this.#host,
      data: (bytes) =>
        this.#process.run(() => {
          if (this.#isClosed) return
          this.#watchSilence(0)
          this.#events.data(bytes)
        }),
      closed: () => this.#process.run(() => this.#lose('connection closed')),
    }
    this.#world.fed(this.#process, url.pathname)
    this.#events.opened(head, url)
    if (!this.#isClosed) this.#served = answer.stream?.(line)
    if (this.#isClosed) this.#hangUp()
    this.#world.note(this.#process, `relay of ${url.pathname} fed by ${to}`)
  }

  #watchSilence(looks: number): void {
    this.#cancelDeadline()
    const { silenceMs } = this.#options
    this.#cancelDeadline = this.#process.after(silenceMs / 4, () => {
      if (looks < 3) this.#watchSilence(looks + 1)
      else this.#lose(`no bytes for ${silenceMs} ms`)
    })
  }

  #deadline(ms: number, why: string): void {
    this.#cancelDeadline()
    this.#cancelDeadline = this.#process.after(ms, () => this.#lose(why))
  }
}

const answersRelays = (service: object): service is AnswersRelays => 'answerRelay' in service

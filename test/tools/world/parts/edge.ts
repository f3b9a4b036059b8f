import { type EdgeConfig, parseConfig } from '../../../../edge/config.ts'
import { EdgeParts } from '../../../../edge/parts.ts'
import type { Registry } from '../../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../../shared/cluster/server-table.ts'
import type { Service } from '../rig/network.ts'
import type { Process } from '../rig/process.ts'
import type { HlsEdge } from '../setting.ts'
import type { Mirror } from '../truth/objects.ts'
import type { Machine, World } from '../world.ts'
import {
  type Answered,
  type Asked,
  addressOf,
  type Decides,
  fromHeader,
  secrets,
  whereIs,
} from './decides.ts'
import type { AnswersRelays, RelayAnswer, RelayAsk } from './pull.ts'
import { type Watched, watch, watchCarried, watchPolls } from './watched.ts'

/** What an operator has set at an edge. */
export interface EdgeSetup {
  /** of relays */
  passwords: readonly string[]
  hlsEdge: HlsEdge
}

/** One run of the edge's program on Node, Bun or Deno: its parts, without sockets. */
export class EdgeProgram implements Service, Decides, AnswersRelays {
  readonly process: Process
  readonly machine: Machine
  readonly #parts: EdgeParts
  readonly #world: World
  readonly #base: string
  readonly #watched: Watched
  readonly #mirror: Mirror

  /** @throws if its store cannot be opened */
  constructor(world: World, machine: Machine, setup: EdgeSetup, watched: Watched) {
    this.process = world.start(machine)
    const { process } = this
    const { nowMs } = process
    this.machine = machine
    this.#world = world
    this.#base = machine.url
    this.#watched = watched
    this.#mirror = world.mirror(machine, process)
    const every = (ms: number, act: () => void): (() => void) => {
      let cancel = process.after(ms, () => {
        act()
        cancel = every(ms, act)
      })
      return () => cancel()
    }
    const fetch = world.network.fetchFrom(machine.host, process)
    this.#parts = new EdgeParts(configOf(machine, setup), {
      nowMs,
      wallMs: () => machine.clock.wallMs(),
      roll: world.rolls(process.name),
      table: new ServerTable(machine.disk.open()),
      fetch: this.#mirror.watch(watchPolls(fetch, world, watched, nowMs), watched.carries),
      lookup: async (host) => [addressOf(host)],
      every,
    })
    this.#parts.start()
    world.network.listen(machine.host, this)
  }

  get registry(): Registry {
    return this.#parts.registry
  }

  async answer(request: Request, from: string): Promise<Response> {
    const country = request.headers.get(fromHeader) ?? undefined
    const facts = { ...this.#facts, address: addressOf(from), from: whereIs(country) }
    const response = await watch(request, {
      watched: this.#watched,
      tampering: this.#world.tampering,
      nowMs: this.process.nowMs,
      answer: (asked) => this.#parts.edge.answer(asked, facts),
    })
    return watchCarried(request, response, this.#world, this.#mirror)
  }

  place({ method, mount, path, query, headers, country, secure }: Asked): Answered | Promise<Answered> {
    const facts = { ...this.#facts, secure, address: addressOf('listener'), from: whereIs(country) }
    let answered: Answered | Promise<Answered>
    this.process.run(() => {
      answered = this.#parts.edge.place({ method, mount, path, query, headers }, facts)
    })
    return answered
  }

  get isUp(): boolean {
    return this.process.isAlive && !this.process.isHung
  }
  readonly nowMs = (): number => this.process.nowMs()

  /** A relay asks here where the line of a list has only a path, or where its operator named the edge. */
  async answerRelay(ask: RelayAsk): Promise<RelayAnswer> {
    const placed = await this.place(ask)
    const location = typeof placed === 'string' ? placed : placed?.headers.get('location')
    if (location) return { status: 302, headers: new Map([['location', location]]) }
    return { status: placed instanceof Response ? placed.status : 404, headers: new Map() }
  }

  /** The program ends as SIGTERM has it end. */
  stop(): void {
    this.registry.stop(this.process.nowMs())
    this.process.kill()
  }

  get #facts() {
    return { secure: false, base: this.#base, bases: [this.#base] }
  }
}

/** The settings of an edge of the world. */
export const configOf = ({ url }: Machine, { passwords, hlsEdge }: EdgeSetup): EdgeConfig =>
  parseConfig({
    RELAY_PASSWORD: passwords.join(' '),
    ADMIN_PASSWORD: secrets.admin,
    PUBLIC_URL: url,
    HLS_EDGE: hlsEdge,
  })

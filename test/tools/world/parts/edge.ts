import { createEdge, type Edge } from '../../../../edge/app.ts'
import { type EdgeConfig, parseConfig } from '../../../../edge/config.ts'
import { edgeLimits } from '../../../../edge/limits.ts'
import { Outreach } from '../../../../edge/outreach/outreach.ts'
import { localCluster } from '../../../../shared/api/cluster.ts'
import { Registry } from '../../../../shared/cluster/registry.ts'
import { ServerTable } from '../../../../shared/cluster/server-table.ts'
import { hlsLimits } from '../../../../shared/hls/limits.ts'
import type { Service } from '../rig/network.ts'
import type { Process } from '../rig/process.ts'
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
import { type Watched, watch, watchPolls } from './watched.ts'

/** One run of the edge's program on Node, Bun or Deno: its app, registry, store and outreach, as edge/main.ts puts them together. */
export class EdgeProgram implements Service, Decides, AnswersRelays {
  readonly process: Process
  readonly machine: Machine
  readonly registry: Registry
  readonly #edge: Edge
  readonly #world: World
  readonly #base: string
  readonly #watched: Watched

  /** @throws if its store cannot be opened */
  constructor(world: World, machine: Machine, passwords: readonly string[], watched: Watched) {
    this.process = world.start(machine)
    const { nowMs } = this.process
    const config = configOf(machine, passwords)
    const roll = world.rolls(this.process.name)
    this.machine = machine
    this.#world = world
    this.#base = machine.url
    this.#watched = watched
    this.registry = new Registry(
      new ServerTable(machine.disk.open()),
      config.maxListenersDefault,
      nowMs(),
      undefined,
      () => machine.clock.wallMs(),
    )
    const cluster = localCluster(this.registry, config.accounts, nowMs)
    this.#edge = createEdge({
      config,
      cluster,
      nowMs,
      roll,
      redirected: (server, kbps) => this.registry.redirected(server, kbps),
      carrying: {
        fetch: world.network.fetchFrom(machine.host, this.process),
        bytesMax: hlsLimits.cacheBytesMax,
      },
      startedAtMs: nowMs(),
    })
    this.#reachOut(world, config.probe)
    world.network.listen(machine.host, this)
  }

  async answer(request: Request, from: string): Promise<Response> {
    const country = request.headers.get(fromHeader) ?? undefined
    const facts = { ...this.#facts, address: addressOf(from), from: whereIs(country) }
    return watch(request, {
      watched: this.#watched,
      tampering: this.#world.tampering,
      nowMs: this.process.nowMs,
      answer: (asked) => this.#edge.answer(asked, facts),
    })
  }

  place({ method, mount, path, query, headers, country, secure }: Asked): Answered | Promise<Answered> {
    const facts = { ...this.#facts, secure, address: addressOf('listener'), from: whereIs(country) }
    let answered: Answered | Promise<Answered>
    this.process.run(() => {
      answered = this.#edge.place({ method, mount, path, query, headers }, facts)
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

  #reachOut(world: World, probes: boolean): void {
    const { process, registry, machine } = this
    const fetch = world.network.fetchFrom(machine.host, process)
    const outreach = new Outreach(
      {
        registry,
        fetch: watchPolls((url, init) => fetch(url, init), world, this.#watched, process.nowMs),
        nowMs: process.nowMs,
        atOnce: edgeLimits.outgoingMax,
        lookup: async (host) => [addressOf(host)],
      },
      probes,
    )
    const every = (ms: number, act: () => void) => {
      process.after(ms, () => {
        act()
        every(ms, act)
      })
    }
    every(edgeLimits.pruneMs, () => registry.prune(process.nowMs()))
    every(edgeLimits.outreachMs, () => void outreach.run())
  }
}

/** The settings of an edge of the world. */
export const configOf = ({ url }: Machine, passwords: readonly string[]): EdgeConfig =>
  parseConfig({
    RELAY_PASSWORD: passwords.join(' '),
    ADMIN_PASSWORD: secrets.admin,
    PUBLIC_URL: url,
  })

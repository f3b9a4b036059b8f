import { createEdge, type Edge } from '../../../../../edge/app.ts'
import { edgeLimits } from '../../../../../edge/limits.ts'
import { type ClusterStub, RemoteCluster } from '../../../../../edge/workers/remote-cluster.ts'
import type { Service } from '../../rig/network.ts'
import type { Process } from '../../rig/process.ts'
import type { Tampering } from '../../tampering.ts'
import type { Mirror } from '../../truth/objects.ts'
import type { Machine, World } from '../../world.ts'
import { type Answered, type Asked, addressOf, fromHeader, whereIs } from '../decides.ts'
import { configOf, type EdgeSetup } from '../edge.ts'
import type { AnswersRelays, RelayAnswer, RelayAsk } from '../pull.ts'
import { type Watched, watchCarried, watchSteering } from '../watched.ts'
import type { CacheOfRuntime } from './cache.ts'
import { Knowledge } from './knowledge.ts'

const defer = (work: Promise<unknown>) => void work.catch(() => {})

/** One isolate: it answers requests from its snapshot. */
export class Isolate implements Service, AnswersRelays {
  readonly process: Process
  readonly knowledge = new Knowledge()
  readonly #edge: Edge
  readonly #base: string
  readonly #watching: { watched: Watched; tampering: Tampering }
  readonly #world: World
  readonly #mirror: Mirror

  constructor(
    stubFor: (isolate: Isolate) => ClusterStub,
    world: World,
    machine: Machine,
    setup: EdgeSetup,
    { watched, store }: { watched: Watched; store: CacheOfRuntime },
  ) {
    this.process = world.start(machine)
    this.#world = world
    this.#mirror = world.mirror(machine, this.process)
    this.#watching = { watched, tampering: world.tampering }
    this.#base = machine.url
    const { sleep } = this.process
    const config = configOf(machine, setup)
    const roll = world.rolls(this.process.name)
    const nowMs = () => machine.clock.wallMs()
    const cluster = new RemoteCluster({
      stub: () => stubFor(this),
      nowMs,
      roll,
      sleep,
      defer,
      maxListenersDefault: config.maxListenersDefault,
    })
    this.#edge = createEdge({
      config,
      cluster,
      nowMs,
      roll,
      redirected: (server, kbps) => cluster.redirected(server, kbps),
      carrying: {
        fetch: this.#mirror.watch(world.network.fetchFrom(machine.host, this.process), watched.carries),
        bytesMax: edgeLimits.carriedWorkersBytesMax,
        store,
        defer,
      },
      startedAtMs: nowMs(),
    })
    world.network.listen(machine.host, this)
  }

  async answer(request: Request, from: string): Promise<Response> {
    const country = request.headers.get(fromHeader) ?? undefined
    const known = this.knowledge.now()
    const facts = { ...this.#facts, address: addressOf(from), from: whereIs(country) }
    const response = await this.#edge.answer(request, facts)
    const told = await watchSteering(request, response, this.#watching, known)
    return watchCarried(request, told, this.#world, this.#mirror)
  }

  place({ method, mount, path, query, headers, country, secure }: Asked): Answered | Promise<Answered> {
    const facts = { ...this.#facts, secure, address: addressOf('listener'), from: whereIs(country) }
    return this.#edge.place({ method, mount, path, query, headers }, facts)
  }

  async answerRelay(ask: RelayAsk): Promise<RelayAnswer> {
    const placed = await this.place(ask)
    const location = typeof placed === 'string' ? placed : placed?.headers.get('location')
    if (location) return { status: 302, headers: new Map([['location', location]]) }
    return { status: placed instanceof Response ? placed.status : 404, headers: new Map() }
  }

  get #facts() {
    return { secure: false, base: this.#base, bases: [this.#base] }
  }
}

import { parseHlsPath, parseMultivariantPath } from '../../../../shared/hls/paths.ts'
import { parseSourcelist } from '../../../../shared/report/sourcelist.ts'
import type { HlsEdge } from '../setting.ts'
import { checkCarryingAsks } from '../truth/carried.ts'
import { checkKept, checkRestored } from '../truth/kept.ts'
import { type Known, Ledger } from '../truth/ledger.ts'
import { type NamedServer, reportNamed, reportPolled, reportRegistered } from '../truth/polled.ts'
import { checkAnswer } from '../truth/steering.ts'
import type { Machine, World } from '../world.ts'
import { fromHeader } from './decides.ts'
import { EdgeProgram, type EdgeSetup } from './edge.ts'
import { OriginProgram, type Snapshot } from './origin.ts'
import { StockProgram, type StockSetup } from './stock.ts'
import type { Version } from './versions.ts'
import { nextMoment } from './watched.ts'
import { WorkersProgram } from './workers.ts'

/** the port of servers that register */
export const registeredPort = 8000

/** What a site runs. */
export type Plan =
  | { kind: 'edge' | 'workers' }
  | { kind: 'master' | 'slave' | 'decider'; flags: string }
  | { kind: 'stock'; setup: StockSetup; named?: NamedServer }

type Program = EdgeProgram | WorkersProgram | OriginProgram | StockProgram

/** A machine and the program that its operator keeps running there, over all its restarts. */
export class Site {
  readonly machine: Machine
  readonly plan: Plan
  /** of a site that redirects listeners: what it must know */
  readonly ledger: Ledger | undefined
  program: Program | undefined
  /** a copy of the machine that runs too */
  clone: OriginProgram | undefined
  /** the passwords of relays that an edge accepts, or that an icecast-kh shows */
  passwords: readonly string[] = ['relay-1']
  flags: string
  /** whether an edge carries HLS itself */
  hlsEdge: HlsEdge = 'off'
  /** of an origin: how it writes its reports */
  version: Version = 'this'
  /** servers that an operator has drained here, and when: by the true time */
  readonly drainedMs = new Map<string, number>()
  /** servers that an operator named here, and when: by the true time */
  readonly #namedHere = new Map<string, { server: NamedServer; at: number }>()
  readonly #world: World

  constructor(world: World, host: string, plan: Plan) {
    this.#world = world
    this.machine = world.machine(host)
    this.plan = plan
    this.flags = 'flags' in plan ? plan.flags : ''
    if (this.isEdge) this.ledger = new Ledger()
    if (plan.kind === 'decider')
      this.ledger = new Ledger({
        id: host,
        carries: (mount) => this.origin?.state.mounts.get(mount) !== undefined,
      })
  }

  get host(): string {
    return this.machine.host
  }
  /** what deciders call it: a server that registers has no other name than its address */
  get id(): string {
    return this.isRegistered ? `${this.host}:${registeredPort}` : this.host
  }
  get isEdge(): boolean {
    return this.plan.kind === 'edge' || this.plan.kind === 'workers'
  }
  /** a stock Icecast, whose stats are read */
  get isPolled(): boolean {
    return this.plan.kind === 'stock' && this.plan.named !== undefined
  }
  /** an icecast-kh that registers itself */
  get isRegistered(): boolean {
    return this.plan.kind === 'stock' && this.plan.named === undefined
  }
  /** the listeners that it has room for */
  get slots(): number {
    if (this.plan.kind === 'stock') return this.plan.setup.clients
    return Number(/--max-listeners (\d+)/.exec(this.flags)?.[1] ?? 0)
  }
  get isMaster(): boolean {
    return this.plan.kind === 'master' || this.plan.kind === 'decider'
  }
  get edge(): EdgeProgram | WorkersProgram | undefined {
    const { program } = this
    if (program instanceof WorkersProgram) return program.isUp ? program : undefined
    return program instanceof EdgeProgram && program.process.isAlive ? program : undefined
  }
  get workers(): WorkersProgram | undefined {
    return this.program instanceof WorkersProgram && this.program.isUp ? this.program : undefined
  }
  get origin(): OriginProgram | undefined {
    return this.program instanceof OriginProgram && this.program.process.isAlive ? this.program : undefined
  }
  get stock(): StockProgram | undefined {
    return this.program instanceof StockProgram && this.program.process.isAlive ? this.program : undefined
  }
  /** the state of its own that a decider draws from */
  get registry() {
    return this.edge?.registry ?? this.origin?.decider?.registry
  }

  /** Starts the program, unless it runs; a store that cannot be opened is moved away by the operator. */
  up(snapshot?: Snapshot): void {
    if (this.workers || this.program?.process.isAlive) return
    try {
      this.program = this.#start(snapshot)
    } catch (error) {
      this.#world.note(this.host, `cannot start: ${error}`)
      this.machine.disk.replace()
      this.ledger?.doubt()
      this.program = this.#start(snapshot)
    }
    this.#restarted(this.program)
  }

  #restarted(program: Program): void {
    this.ledger?.restart(program.nowMs())
    checkRestored(this.#world, this)
  }

  #start(snapshot?: Snapshot): Program {
    const watched = {
      reported: this.reported,
      done: this.done,
      named: this.named,
      polled: this.polled,
      steered: this.steered,
      carries: this.carries,
      registered: this.registered,
    }
    if (this.plan.kind === 'stock')
      return new StockProgram(this.#world, this.machine, this.plan.setup, this.passwords[0] ?? '')
    if (this.plan.kind === 'edge') return new EdgeProgram(this.#world, this.machine, this.#setup, watched)
    if (this.plan.kind === 'workers') {
      const program: WorkersProgram = new WorkersProgram(
        this.#world,
        this.machine,
        this.#setup,
        watched,
        () => this.#restarted(program),
      )
      return program
    }
    return new OriginProgram(this.#world, this.machine, this.flags, {
      snapshot,
      watched,
      version: this.version,
    })
  }

  /** SIGTERM; a new version is started when the program has ended. */
  terminate(backAfterMs: number): void {
    const { program } = this
    if (program instanceof WorkersProgram && program.isUp) {
      program.stop()
      this.#world.after(backAfterMs, () => this.up())
      return
    }
    if (!program?.process.isAlive) {
      this.up()
      return
    }
    const back = () => this.#world.after(backAfterMs, () => this.up())
    program.process.onEnd(back)
    if (program instanceof OriginProgram) program.process.run(() => program.leave())
    else program.process.run(() => program.stop())
  }

  /** A copy of the virtual machine runs too, elsewhere: nobody listens to it, but it reports. */
  copy(): void {
    const { origin } = this
    if (!origin) return
    const machine = this.#world.machine(`${this.host}-copy`)
    const watched = {
      reported: () => {},
      done: () => {},
      named: () => {},
      polled: () => {},
      steered: () => {},
      carries: () => {},
      registered: () => {},
    }
    const { snapshot } = origin
    this.clone = new OriginProgram(this.#world, machine, this.flags, {
      snapshot,
      watched,
      version: this.version,
    })
  }

  endCopy(): void {
    this.clone?.process.kill()
    this.clone = undefined
  }

  /** `kill -9`; the supervisor starts it again after a while. */
  kill(backAfterMs: number): void {
    this.program?.process.kill()
    this.#world.after(backAfterMs, () => this.up())
  }

  /** A decider answered a report. */
  readonly reported = (sourcelist: string, status: number, nowMs: number): void => {
    const { ledger } = this
    this.#world.bites.note(`report answered ${status}`)
    if (!ledger || (status !== 200 && status !== 500 && status !== 503)) return
    const report = parseSourcelist(sourcelist)
    if (status === 200 && ledger.isOlder(report))
      this.#world.violate(
        'an older report never replaces a newer one',
        `${this.host} accepted seq ${report.seq} of ${report.id} after ${ledger.certain(report.id)?.seq}`,
      )
    ledger.heard(report, nowMs, status === 200)
    if (status === 200) checkKept(this.#world, this, report.id)
  }

  /** An icecast-kh has registered itself. */
  readonly registered = (query: URLSearchParams, status: number, nowMs: number): void => {
    this.#world.bites.note(`registration answered ${status}`)
    if (status !== 200 && status !== 500 && status !== 503) return
    const report = reportRegistered(query)
    this.ledger?.heard(report, nowMs, status === 200, true)
    if (status === 200) checkKept(this.#world, this, report.id)
  }

  /** An operator named a server to poll: it is known, and carries nothing until its stats have been read. */
  readonly named = (body: string, nowMs: number): void => {
    const server = JSON.parse(body) as NamedServer
    this.#namedHere.set(server.id, { server, at: nextMoment() })
    this.ledger?.polled.add(server.id)
    this.ledger?.heard(reportNamed(server), nowMs, this.#isStored)
  }

  /** An edge has read the stats of a server that it polls. @param asked when it asked */
  readonly polled = (id: string, text: string, asked: number, nowMs: number): void => {
    const named = this.#namedHere.get(id)
    // it was named again or deleted meanwhile: then these stats are not used
    if (!named || asked < named.at) return
    this.#world.bites.note('stats polled')
    this.ledger?.heard(reportPolled(named.server, text), nowMs, this.#isStored)
  }

  /** A decider answered a session of HLS. */
  readonly steered = (
    request: Request,
    answer: { status: number; text: string },
    known: Known | undefined,
  ): void => {
    const url = new URL(request.url)
    const mount = parseHlsPath(url.pathname)?.mount ?? parseMultivariantPath(url.pathname)
    // a master that decides itself has no database of addresses
    const country = this.isEdge ? (request.headers.get(fromHeader) ?? undefined) : undefined
    if (mount !== undefined) checkAnswer(this.#world, this, { url, country }, answer, { mount, known })
  }

  /** A decider did what its operator asked. */
  readonly done = (deed: 'drain' | 'undrain' | 'delete', id: string): void => {
    const nowMs = this.program?.nowMs() ?? 0
    if (deed !== 'drain') this.drainedMs.delete(id)
    else if (!this.drainedMs.has(id)) this.drainedMs.set(id, this.#world.nowMs)
    if (deed === 'delete') {
      this.#namedHere.delete(id)
      this.ledger?.forget(id, nowMs)
    } else this.ledger?.drain(id, deed === 'drain', nowMs)
  }

  /** An edge asks for an object that it carries. */
  readonly carries = (url: URL, init: RequestInit | undefined): void =>
    checkCarryingAsks(this.#world, this, url, init)

  get #setup(): EdgeSetup {
    return { passwords: this.passwords, hlsEdge: this.hlsEdge }
  }

  /** whether what a decider writes now stays over a restart */
  get #isStored(): boolean {
    return this.machine.disk.trouble === undefined
  }
}

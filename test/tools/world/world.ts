import { parseMount } from '../../../shared/mount.ts'
import { rolls } from '../simulate/random.ts'
import type { RelayAsk } from './parts/pull.ts'
import { Bites } from './rig/bites.ts'
import { Clock } from './rig/clock.ts'
import { Disk } from './rig/disk.ts'
import { Network } from './rig/network.ts'
import { Process } from './rig/process.ts'
import { Scheduler } from './rig/scheduler.ts'
import { Trace } from './rig/trace.ts'
import type { Tampering } from './tampering.ts'
import { MadeObjects, Mirror } from './truth/objects.ts'

/** A computer: its name in the network, its clock, and its disk, which outlive the programs on it. */
export interface Machine {
  readonly host: string
  readonly url: string
  readonly clock: Clock
  readonly disk: Disk
}

/** A rule that did not hold. */
export interface Violation {
  atMs: number
  rule: string
  detail: string
}

/** when the world begins, by all clocks: ms since 1970 */
const beginMs = Date.UTC(2026, 0, 1)

/** Time, dice, network, machines, and what was seen in them. Nothing in it knows what an edge or an origin is. */
export class World {
  readonly scheduler = new Scheduler()
  readonly bites = new Bites()
  readonly trace = new Trace()
  readonly network: Network
  readonly machines = new Map<string, Machine>()
  readonly violations: Violation[] = []
  readonly seed: number
  readonly tampering: Tampering = {}
  /** objects of HLS that masters have made */
  readonly made = new MadeObjects()
  /** by program and path: when a relay was fed by an upstream */
  readonly #feeds = new Map<string, number[]>()
  #starts = 0

  constructor(seed: number) {
    this.seed = seed
    this.network = new Network(this.scheduler, this.rolls('network'), this.bites)
  }

  get nowMs(): number {
    return this.scheduler.nowMs
  }

  /** Dice of their own for everybody: what one does must not change what another rolls. */
  rolls(name: string): () => number {
    let hash = 7
    for (const char of name) hash = Math.imul(hash, 31) + char.charCodeAt(0)
    return rolls(this.seed, hash)
  }

  machine(host: string): Machine {
    const known = this.machines.get(host)
    if (known) return known
    const clock = new Clock(() => this.scheduler.nowMs, beginMs)
    const machine = { host, url: `http://${host}`, clock, disk: new Disk(this.bites, this.tampering) }
    this.machines.set(host, machine)
    return machine
  }

  /** Begins a process on a machine. */
  start({ host, clock }: Machine): Process {
    return new Process(`${host}#${++this.#starts}`, this.scheduler, clock)
  }

  /** The observer of a program that passes objects of HLS on. */
  mirror({ host }: Machine, { nowMs }: Process): Mirror {
    return new Mirror(this, this.made, host, nowMs)
  }

  /** A relay of a program has an upstream. */
  fed({ name }: Process, path: string): void {
    const times = this.#feeds.get(`${name} ${path}`) ?? []
    times.push(this.scheduler.nowMs)
    this.#feeds.set(`${name} ${path}`, times)
  }

  /** How often a relay was fed since a moment. */
  feedsSince({ name }: Process, path: string, sinceMs: number): number {
    return (this.#feeds.get(`${name} ${path}`) ?? []).filter((atMs) => atMs >= sinceMs).length
  }

  after(ms: number, act: () => void): void {
    this.scheduler.at(this.scheduler.nowMs + ms, 'world', act)
  }

  /** Writes down what happened: two runs of a seed have to write the same. */
  note(by: Process | string, what: string): void {
    this.trace.add(this.scheduler.nowMs, typeof by === 'string' ? by : by.name, what)
  }

  violate(rule: string, detail: string): void {
    this.violations.push({ atMs: this.scheduler.nowMs, rule, detail })
    this.note('VIOLATION', `${rule}: ${detail}`)
  }

  /** A relay's request for a stream. */
  relayAsk(url: URL, authorization: string | null, hop: string, agent: string): RelayAsk {
    const mount = parseMount(url.pathname)
    if (!mount) throw new Error(`a relay asks for ${url.pathname}`)
    const named = new Map([
      ['user-agent', agent],
      ['authorization', authorization],
    ])
    return {
      method: 'GET',
      mount,
      path: url.pathname,
      query: url.search,
      headers: { get: (name) => named.get(name) ?? null },
      country: undefined,
      secure: false,
      authorization,
      via: hop,
    }
  }

  close(): void {
    for (const { disk } of this.machines.values()) disk.close()
  }
}

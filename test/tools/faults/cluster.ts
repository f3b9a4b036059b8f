import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { numbered, type Programme, type Source, startSource } from '../../kit/audio/source.ts'
import { clientOf } from '../../kit/cluster/edge-client.ts'
import type { StockName } from '../../kit/peers/stock.ts'
import {
  type EdgeRuntime,
  masterAt,
  type OriginRuntime,
  secrets,
  slaveOf,
} from '../../kit/process/runtimes.ts'
import { Member } from './member.ts'
import { Audience } from './people/audience.ts'
import { here, type Place, type Places } from './places.ts'
import { edgeAt, interval, originAt, slots, stockAt } from './programs.ts'
import { SentTimes } from './sent-times.ts'
import { Waits } from './waits.ts'

/** What a trial starts. */
export interface ClusterPlan {
  edge: EdgeRuntime
  origins: OriginRuntime
  slaves: number
  listeners: number
  /** how many of the listeners are by HLS; a fifth where it is not said */
  hls?: number
  /** a stock Icecast that relays from the master, and is polled by the edge */
  stock?: StockName
  /** further settings of the origins: a file */
  config?: string
  seed: number
}

/** When a gap or a silence is not a fault. */
export interface Allowed {
  fromMs: number
  untilMs: number
  /** undefined: at all servers */
  hosts: readonly string[] | undefined
  /** by HLS alone, and so many frames at most are missing or heard twice: another master has cut at other frames */
  hlsFramesMax?: number
  /** gaps of one connection of the plain mount; left out: any number */
  gapsMax?: number
}

const mount = '/live.mp3'
/** joins a second of the first crowd */
const joinsPerSecond = 150
/** ms that a listener stays on average: some come at any moment of a fault */
const stayMs = 30_000
/** of the listeners, those by HLS */
const hlsShare = 0.2

/** The programs of a trial, its source and its listeners, and what was seen that must not be. */
export class Cluster {
  readonly plan: ClusterPlan
  readonly folder: string
  readonly edge: Member
  /** the present one: a twin may take its place */
  master: Member
  readonly slaves: readonly Member[]
  /** a stock Icecast */
  readonly stock: Member | undefined
  readonly sources: Source[] = []
  /** masters whose place a twin has taken, for what they printed and did */
  readonly former: Member[] = []
  readonly faults: string[] = []
  audience: Audience | undefined
  /** when a gap is not a fault: while the line between a master and a slave, or one of these, is out */
  readonly gapsAllowed: Allowed[] = []
  /** when frames were sent */
  readonly sentTimes = new SentTimes(() => this.sent)
  /** how long programs and listeners waited for a processor */
  readonly waits = new Waits(() => [
    ...this.members.flatMap(({ pids }) => pids),
    ...(this.audience?.pids ?? []),
  ])
  #from = 0
  #ends: (() => unknown)[] = []

  private constructor(
    plan: ClusterPlan,
    folder: string,
    members: readonly [Member, Member, ...Member[]],
    stock: Member | undefined,
  ) {
    this.plan = plan
    this.folder = folder
    const [edge, master, ...slaves] = members
    this.edge = edge
    this.master = master
    this.slaves = slaves
    this.stock = stock
  }

  /** Plans all of it; nothing runs yet. */
  static async make(plan: ClusterPlan, places: Places = here): Promise<Cluster> {
    const folder = mkdtempSync(join(tmpdir(), 'faults-'))
    const more = plan.config === undefined ? [] : ['--config', plan.config]
    const origin = (place: Place, flags: readonly string[]) =>
      new Member(originAt(plan.origins, place, [...flags, ...more]))
    const edgePlace = await places.placeOf('edge')
    const edge = new Member(await edgeAt(plan.edge, edgePlace, folder))
    const master = origin(await places.placeOf('master'), masterAt(edge))
    const slaves: Member[] = []
    for (let i = 1; i <= plan.slaves; i++) {
      const name = `slave${i}`
      const url = (await places.edgeFor?.(name, edgePlace)) ?? edge.url
      slaves.push(origin(await places.placeOf(name), slaveOf({ url })))
    }
    const stock =
      plan.stock && new Member(stockAt(plan.stock, await places.placeOf('stock'), folder, master.port))
    return new Cluster(plan, folder, [edge, master, ...slaves], stock)
  }

  get origins(): readonly Member[] {
    return [this.master, ...this.slaves]
  }

  /** All that listeners are redirected to. */
  get servers(): readonly Member[] {
    return this.stock ? [...this.origins, this.stock] : this.origins
  }

  /** The programs of ours. */
  get members(): readonly Member[] {
    return [this.edge, ...this.origins]
  }

  /** Starts the programs and the source, but no listener. */
  async start(): Promise<void> {
    await this.edge.start()
    await this.master.start()
    this.play(this.master)
    await Promise.all(this.slaves.map((slave) => slave.start()))
    if (this.stock) await nameStock(this.edge, this.stock)
  }

  /** Starts a source at a master: the frames from a number on. */
  play(master: Member, from = 0): Source {
    this.#from = from
    const programme: Programme = { ...numbered, at: (n) => numbered.at(from + n) }
    const source = startSource({ url: master.url + mount, password: secrets.source, programme })
    this.sources.push(source)
    return source
  }

  /** Frames that the newest source has sent, with those that another sent before it. */
  get sent(): number {
    return this.#from + (this.sources.at(-1)?.sent ?? 0)
  }

  /** The listeners come. */
  gather(): Audience {
    const { listeners: count, seed, hls = Math.floor(count * hlsShare) } = this.plan
    const plan = {
      url: this.edge.url + mount,
      count,
      perSecond: joinsPerSecond,
      stayMs,
      seed,
      stock: this.stock ? [this.stock.address] : [],
    }
    this.audience = new Audience(plan, hls)
    return this.audience
  }

  /** A master that takes the place of another one, with an address of its own. */
  async twinOf(master: Member): Promise<Member> {
    const place = await here.placeOf(`${master.name}'s twin`)
    return new Member(originAt(this.plan.origins, place, masterAt(this.edge)))
  }

  /** The same server once more, as a copied virtual machine: its id and its url, at a port that no listener knows. */
  async cloneOf({ plan }: Member): Promise<Member> {
    const { port: bindPort } = await here.placeOf('clone')
    const place = { ...plan, name: `${plan.name}'s clone`, bindPort, before: plan.before ?? [] }
    return new Member(originAt(this.plan.origins, place, slaveOf(this.edge)))
  }

  /** Gaps are expected from now on until they are closed, of listeners at these servers, or at all. */
  allowGaps(members?: readonly Member[], more: Pick<Allowed, 'hlsFramesMax' | 'gapsMax'> = {}): () => void {
    const hosts = members?.map(({ address }) => address)
    const allowed: Allowed = { fromMs: Date.now(), untilMs: Number.POSITIVE_INFINITY, hosts, ...more }
    this.gapsAllowed.push(allowed)
    return () => {
      allowed.untilMs = Date.now()
    }
  }

  /** Called when the trial ends, the last one first. */
  onEnd(end: () => unknown): void {
    this.#ends.push(end)
  }

  async stop(): Promise<void> {
    this.sentTimes.stop()
    this.waits.stop()
    for (const source of this.sources) source.close()
    await this.audience?.stop()
    await this.stock?.stop()
    await Promise.all([...this.members, ...this.former].map((member) => member.stop()))
    for (const end of this.#ends.splice(0).reverse()) await end()
    rmSync(this.folder, { recursive: true, force: true })
  }
}

/** Starts it, and names it to the edge, which polls it from then on. */
async function nameStock(edge: Member, stock: Member): Promise<void> {
  await stock.start()
  const body = JSON.stringify({ url: stock.url, maxListeners: slots, interval })
  const { status } = await clientOf(edge.url).asAdmin('/api/servers', 'POST', body)
  if (status !== 201) throw new Error(`${stock.name} was named to the edge, which answered ${status}`)
}

import { printBasic } from '../../../shared/http/credentials.ts'
import type { Mount } from '../../../shared/mount.ts'
import { Crowd } from './parts/crowd.ts'
import { secrets } from './parts/decides.ts'
import { HlsPlayers } from './parts/hls/players.ts'
import { Operator } from './parts/operator.ts'
import { nameOf } from './parts/origin.ts'
import { registeredPort, Site } from './parts/site.ts'
import { Encoder } from './parts/sources.ts'
import { running } from './rig/globals.ts'
import type { Setting } from './setting.ts'
import { Proximity } from './truth/proximity.ts'
import type { World } from './world.ts'

/** ms between two moments at which the disks of a cluster are synced, as an operating system does it */
const syncMs = 5000

/** a mount that only stock Icecasts play, each its own */
const ownOfStock = nameOf('/own.mp3')

/** All machines, programs, encoders and listeners of one setting. */
export class Cluster {
  readonly world: World
  readonly sites = new Map<string, Site>()
  readonly encoders: Encoder[] = []
  readonly crowd: Crowd
  readonly players: HlsPlayers
  readonly operator: Operator
  readonly mounts: readonly Mount[]
  readonly hasHls: boolean

  constructor(world: World, setting: Setting) {
    this.world = world
    this.hasHls = setting.hlsShare > 0
    this.operator = new Operator(world)
    this.mounts = setting.mounts.map(nameOf)
    for (const host of setting.edges) {
      const site = new Site(world, host, { kind: setting.onWorkers.includes(host) ? 'workers' : 'edge' })
      site.hlsEdge = setting.hlsEdge
      this.#add(site)
    }
    for (const { host, kind, flags, version = 'this' } of setting.origins) {
      const site = new Site(world, host, { kind, flags })
      site.version = version
      this.#add(site)
    }
    const deciders = this.deciders.map(({ host }) => host)
    for (const named of setting.stock) {
      const { maxListeners: clients, kind } = named
      const isKh = kind === 'xml'
      // an icecast-kh has one master
      const from = isKh ? deciders.slice(0, 1) : deciders
      const setup = { from, mounts: this.mounts, own: ownOfStock, clients, isKh }
      this.#add(new Site(world, named.id, { kind: 'stock', setup, named }))
    }
    for (const { host, clients, interval } of setting.kh) {
      const registers = { port: registeredPort, interval }
      const from = deciders.slice(0, 1)
      const setup = { from, mounts: this.mounts, own: ownOfStock, clients, isKh: true, registers }
      this.#add(new Site(world, host, { kind: 'stock', setup }))
    }
    const proximity = new Proximity(world, this.sites)
    this.crowd = new Crowd(world, this.sites, proximity)
    this.players = new HlsPlayers(world, this.sites, proximity)
    for (const site of this.masters)
      for (const mount of this.mounts)
        this.encoders.push(new Encoder(world, site, mount, this.encoders.length))
    const roll = world.rolls('starts')
    for (const site of this.sites.values()) world.after(roll() * 3000, () => site.up())
    this.operator.lookAfter(this)
    this.#sync()
    this.#breathe(setting)
  }

  get deciders(): Site[] {
    return this.#sitesWith(({ ledger }) => ledger !== undefined)
  }
  get masters(): Site[] {
    return this.#sitesWith(({ isMaster }) => isMaster)
  }
  get slaves(): Site[] {
    return this.#sitesWith(({ plan }) => plan.kind === 'slave')
  }
  get origins(): Site[] {
    return this.#sitesWith(({ isEdge, plan }) => !isEdge && plan.kind !== 'stock')
  }
  /** stock Icecasts, which edges poll */
  get polled(): Site[] {
    return this.#sitesWith(({ isPolled }) => isPolled)
  }
  /** … and those of icecast-kh that register themselves */
  get stocks(): Site[] {
    return this.#sitesWith(({ plan }) => plan.kind === 'stock')
  }
  /** everybody who serves listeners */
  get servers(): Site[] {
    return [...this.origins, ...this.stocks]
  }

  /** What a decider tells its admin now. */
  async readNow({ program, host }: Site, path: string): Promise<string> {
    const authorization = printBasic({ user: 'admin', password: secrets.admin })
    if (!program) throw new Error(`${host} runs nothing`)
    running.process = program.process
    let text: string | undefined
    program
      .answer(new Request(`http://${host}${path}`, { headers: { authorization } }), host)
      .then(async (response) => {
        text = await response.text()
      })
    // an isolate has to ask its object first
    await this.world.scheduler.run(this.world.nowMs + 5000, () => text !== undefined)
    return text ?? '[]'
  }

  #sitesWith(is: (site: Site) => boolean): Site[] {
    return [...this.sites.values()].filter(is)
  }

  #add(site: Site): void {
    this.sites.set(site.host, site)
  }

  #sync(): void {
    for (const { machine } of this.deciders) machine.disk.sync()
    this.world.after(syncMs, () => this.#sync())
  }

  /** Listeners come and go all the time. */
  #breathe({ joinsPerSecond, countries, hlsShare }: Setting): void {
    const roll = this.world.rolls('breath')
    const next = () => {
      this.world.after((-Math.log(1 - roll()) / joinsPerSecond) * 1000, next)
      if (!this.crowd.isLoyal) return
      const [decider] = pick(this.deciders, roll)
      const isOwn = this.polled.length > 0 && roll() < 0.05
      const [mount] = isOwn ? [ownOfStock] : pick(this.mounts, roll)
      const [country] = pick(countries, roll)
      const [server] = roll() < 0.1 ? pick(this.origins, roll) : [decider]
      if (server && mount && roll() < hlsShare) this.players.join(server, mount, country)
      else if (decider && mount) this.crowd.join(decider, mount, country)
      if (decider && mount && roll() < 0.05) this.crowd.relay(decider, mount)
      if (roll() < 0.3) this.crowd.leave(0.05)
    }
    next()
  }
}

const pick = <T>(all: readonly T[], roll: () => number): T[] =>
  all.slice(Math.floor(roll() * all.length)).slice(0, 1)

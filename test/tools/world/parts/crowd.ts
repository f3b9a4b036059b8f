import type { Placement } from '../../../../origin/listen/placement.ts'
import type { Listener } from '../../../../origin/mount/stream/listener.ts'
import { sentBackBy } from '../../../../shared/draw/redirect.ts'
import { type Mount, printMount } from '../../../../shared/mount.ts'
import { Hearing } from '../truth/heard.ts'
import type { Known, ListenerTruth } from '../truth/ledger.ts'
import type { Proximity } from '../truth/proximity.ts'
import { checkRedirect, checkRefusal } from '../truth/redirects.ts'
import { checkServed } from '../truth/served.ts'
import type { World } from '../world.ts'
import { type Answered, addressOf } from './decides.ts'
import type { OriginProgram } from './origin.ts'
import type { Site } from './site.ts'
import type { StockProgram } from './stock.ts'
import { Ear } from './wire.ts'

/** edge, server, edge, server */
const hopsMax = 4
/** ms of a hop, and until a listener whose stream ended comes back */
const hopMs = { least: 5, spread: 60 }
const comeBackMs = { least: 500, spread: 3000 }

/** Everybody who listens, and the truth about who is where. */
export class Crowd {
  /** by site and mount: those that are connected */
  readonly here = new Map<string, number>()
  readonly outcomes = { served: 0, refused: 0, unknown: 0, dead: 0 }
  /** whether listeners come back when their stream ends */
  isLoyal = true
  readonly #world: World
  readonly #sites: ReadonlyMap<string, Site>
  readonly #roll: () => number
  readonly #seats = new Set<Seat>()
  readonly #proximity: Proximity

  constructor(world: World, sites: ReadonlyMap<string, Site>, proximity: Proximity) {
    this.#proximity = proximity
    this.#world = world
    this.#sites = sites
    this.#roll = world.rolls('crowd')
  }

  /** A listener comes to a decider. */
  join(decider: Site, mount: Mount, country: string | undefined): void {
    // a master that decides itself has no database of addresses
    const known = decider.isEdge ? country : undefined
    this.#ask(new Visit(decider, { mount, country: known, isRelay: false, except: undefined }))
  }

  /** A relay of somebody else comes: stock Icecast, by its `User-Agent`. */
  relay(decider: Site, mount: Mount): void {
    this.#ask(new Visit(decider, { mount, country: undefined, isRelay: true, except: undefined }))
  }

  /** So large a share of all listeners leaves. */
  leave(share: number): void {
    for (const seat of [...this.#seats]) if (this.#roll() < share) seat.leave()
  }

  get size(): number {
    return this.#seats.size
  }

  countAt(host: string, mount?: Mount): number {
    let count = 0
    for (const seat of this.#seats)
      if (seat.host === host && (mount === undefined || seat.mount === mount)) count++
    return count
  }

  #soon(act: () => void): void {
    this.#world.after(hopMs.least + this.#roll() * hopMs.spread, act)
  }

  #ask(visit: Visit): void {
    const { decider, asked, query } = visit
    if (!this.#hop(visit, decider)) return
    this.#proximity.arrived()
    const path = printMount(asked.mount)
    const { edge, origin } = decider
    if (edge?.isUp) {
      const headers = {
        get: (name: string) => (asked.isRelay && name === 'user-agent' ? 'Icecast 2.4.4' : null),
      }
      const answered = edge.place({ method: 'GET', path, headers, secure: false, ...asked, query })
      visit.known = decider.workers?.lastKnown
      if (answered instanceof Promise) answered.then((later) => this.#answered(visit, later))
      else this.#answered(visit, answered)
    } else if (origin?.decider && !origin.process.isHung) this.#arrive(visit, decider, origin)
    else this.outcomes.dead++
  }

  #answered(visit: Visit, answered: Answered): void {
    if (typeof answered === 'string') {
      this.#redirected(visit, answered)
      return
    }
    const status = answered?.status ?? 404
    const location = answered?.headers.get('location')
    if (location) {
      this.#redirected(visit, location)
      return
    }
    this.#world.note(visit.decider.host, `answers ${status} for ${visit.asked.mount}`)
    checkRefusal(this.#world, visit.decider, visit, status)
    if (status === 404) this.outcomes.unknown++
    else this.outcomes.refused++
  }

  #redirected(visit: Visit, told: string): void {
    const { tampering } = this.#world
    const location = tampering.location?.(told) ?? told
    const { hostname, search } = new URL(location)
    const server = this.#sites.get(hostname)
    this.#world.note(visit.decider.host, `sends a listener of ${visit.asked.mount} to ${hostname}${search}`)
    if (!server) {
      this.#world.violate('a redirect leads to a server', location)
      return
    }
    const { asked } = visit
    checkRedirect(this.#world, visit.decider, server, visit)
    this.#proximity.redirected(visit.decider, server, asked, visit.known)
    this.#soon(() => {
      if (!this.#hop(visit, server)) return
      const { origin, stock } = server
      visit.query = tampering.query?.(search) ?? search
      if (asked.isRelay) return
      if (origin && !origin.process.isHung) this.#arrive(visit, server, origin)
      else if (stock && !stock.process.isHung) this.#arriveAtStock(visit, stock)
      else {
        this.#world.bites.note('listener sent to a dead server')
        this.outcomes.dead++
        this.#comeBack(visit)
      }
    })
  }

  /** The listener asks an origin, which may be a decider itself. */
  #arrive(visit: Visit, at: Site, origin: OriginProgram): void {
    const { mount, isRelay } = visit.asked
    const place = (placed: Placement) => this.#placed(visit, at, origin, placed)
    origin.process.run(() => {
      const userAgent = isRelay ? 'Icecast 2.4.4' : 'player'
      const placed = origin.place({ mount, query: visit.query, userAgent, address: addressOf('listener') })
      if (placed instanceof Promise) placed.then(place)
      else place(placed)
    })
  }

  /** The listener asks a stock Icecast, which serves or refuses. */
  #arriveAtStock(visit: Visit, stock: StockProgram): void {
    const { mount } = visit.asked
    const { host } = stock.machine
    const seat: Seat = { host, mount, leave: () => {} }
    const joined = stock.join(mount, () => this.#left(seat, visit, true))
    if (typeof joined === 'number') {
      this.#world.bites.note(`listener answered ${joined} by ${stock.name}`)
      this.outcomes.refused++
      return
    }
    this.outcomes.served++
    this.#world.bites.note(`listener at ${stock.name}`)
    this.#seats.add(seat)
    stock.process.onEnd(() => this.#left(seat, visit, true))
    seat.leave = () => {
      this.#left(seat, visit, false)
      joined()
    }
  }

  #left(seat: Seat, visit: Visit, isLost: boolean): void {
    if (!this.#seats.delete(seat) || !isLost || !this.isLoyal) return
    this.#world.bites.note('listener lost its stream')
    this.#comeBack(visit)
  }

  #placed(visit: Visit, at: Site, origin: OriginProgram, placed: Placement): void {
    if (placed.serve) {
      if (visit.asked.isRelay) return
      checkServed(this.#world, at, origin)
      if (placed.by && !placed.by.isStopped) this.#sit(visit, at, origin, placed.by.name)
      return
    }
    if (placed.forRoom) origin.state.load.countRefused()
    if (placed.status !== 302 || !('location' in placed)) {
      this.#world.note(at.host, `refuses a listener of ${visit.asked.mount} with ${placed.status}`)
      this.#world.bites.note(
        placed.forRoom ? 'listener refused by a full server' : 'listener refused by a server',
      )
      this.outcomes.refused++
      return
    }
    if (at === visit.decider) this.#redirected(visit, placed.location)
    else this.#sendBack(visit, at, new URL(placed.location))
  }

  #sendBack(visit: Visit, at: Site, location: URL): void {
    this.#world.bites.note('listener sent back')
    if (sentBackBy(visit.query) !== undefined)
      this.#world.violate(
        'a server that is sent any x never sends back',
        `${at.host} did, with ${location.search}`,
      )
    const decider = this.#sites.get(location.hostname)
    if (!decider?.ledger) {
      this.#world.violate('a send-back leads to a decider', location.href)
      return
    }
    const except = sentBackBy(location.search)
    if (location.pathname !== printMount(visit.asked.mount))
      this.#world.violate('a send-back is for the same mount', location.href)
    visit.decider = decider
    visit.query = location.search
    visit.asked = { ...visit.asked, except }
    this.#soon(() => this.#ask(visit))
  }

  /** One more request of the same listener; false if there are too many. */
  #hop(visit: Visit, to: Site): boolean {
    if (visit.hops++ < hopsMax) return true
    this.#world.violate(
      'no chain is longer than edge, server, edge, server',
      `a listener came to ${to.host} after ${hopsMax} requests`,
    )
    return false
  }

  #sit(visit: Visit, { host }: Site, origin: OriginProgram, mount: Mount): void {
    const playing = origin.state.mounts.get(mount)
    if (!playing) return
    this.outcomes.served++
    const seat: Seat = { host, mount, leave: () => {} }
    const gone = (isLost: boolean) => this.#left(seat, visit, isLost)
    const feedsSince = (ms: number) => this.#world.feedsSince(origin.process, printMount(mount), ms)
    const hearing = new Hearing(this.#world, { host, mount, feedsSince })
    const ear = new Ear(
      () => gone(true),
      (bytes) => hearing.heard(bytes),
    )
    const info = {
      address: addressOf('listener'),
      userAgent: 'player',
      connectedAtMs: origin.process.nowMs(),
      isRelay: false,
    }
    this.#seats.add(seat)
    const listener: Listener = playing.join(ear, new Uint8Array(), info, false)
    origin.process.onEnd(() => gone(true))
    seat.leave = () => {
      gone(false)
      if (!this.#world.tampering.overlooksLeaving) origin.process.run(() => listener.leave())
    }
  }

  #comeBack({ decider, asked }: Visit): void {
    this.#world.after(comeBackMs.least + this.#roll() * comeBackMs.spread, () =>
      this.#ask(new Visit(decider, { ...asked, except: undefined })),
    )
  }
}

interface Seat {
  host: string
  mount: Mount
  leave: () => void
}

/** The way of one listener, from its first request. */
class Visit {
  decider: Site
  asked: ListenerTruth
  query = ''
  hops = 0
  known: Known | undefined

  constructor(decider: Site, asked: ListenerTruth) {
    this.decider = decider
    this.asked = asked
  }
}

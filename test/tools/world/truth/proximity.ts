import type { GeoLocation } from '../../../../shared/geo.ts'
import { whereIs } from '../parts/decides.ts'
import type { Site } from '../parts/site.ts'
import type { World } from '../world.ts'
import type { Known, ListenerTruth } from './ledger.ts'

/** km over which the pull of a server falls to 1/e (docs/draw.md#proximity) */
const reachKm = 100
/** a listener is sent past a server if its own is so many km farther */
const pastKm = 300
/** listeners of a region count as at its middle: by so many km a distance may be wrong */
const regionKm = 200
/** s in which those who come tell how many will come until the next report, and how much a burst in the newest second counts */
const demandS = 30
const newness = 0.3
/** share of all who came that has to have asked this decider: one that few ask learns little of how many others send */
const ownShareMin = 0.25
/** a server has plenty of room if it has so many times the slots that this takes, and the redirects since its report */
const plenty = 4
/** chance of one draw, beyond which it tells nothing; and of all that were seen in one world, below which they cannot be chance */
const chanceMax = 0.05
const chanceMin = 1e-9

/**
 * A listener whose place is known goes to a near server as long as that has room (docs/draw.md#proximity). The draw is by chance, so
 * one who is sent past it proves nothing: what is counted is how many are, beside how many may be at most while the near server has
 * plenty of room, so that it has no price.
 */
export class Proximity {
  readonly #world: World
  readonly #sites: ReadonlyMap<string, Site>
  /** true ms of all who came to any decider lately */
  #arrivals: number[] = []
  /** by decider and server: true ms of redirects lately */
  readonly #redirects = new Map<string, number[]>()
  /** by decider: listeners that were sent past a near server, and how many are to be expected at most */
  readonly #passed = new Map<string, { seen: number; expected: number }>()

  constructor(world: World, sites: ReadonlyMap<string, Site>) {
    this.#world = world
    this.#sites = sites
  }

  /** Somebody comes to a decider. */
  arrived(): void {
    const { nowMs } = this.#world
    this.#arrivals.push(nowMs)
    if (this.#arrivals.length > 4096) this.#arrivals = this.#recent(this.#arrivals, demandS)
  }

  /** A decider sends a listener to a server. */
  redirected(decider: Site, server: Site, asked: ListenerTruth, known: Known | undefined): void {
    const key = `${decider.host} ${server.host}`
    const times = this.#recent(this.#redirects.get(key) ?? [], demandS)
    if (!asked.isRelay && asked.except === undefined) this.#judge(decider, server, asked, known)
    times.push(this.#world.nowMs)
    this.#redirects.set(key, times)
  }

  #judge(decider: Site, server: Site, asked: ListenerTruth, known: Known | undefined): void {
    const { ledger, program } = decider
    const { location } = whereIs(asked.country)
    const to = ledger?.told.get(server.id)?.report
    if (!ledger || !program || !location || !to || this.#ownShare(decider) < ownShareMin) return
    const near = ledger
      .candidates(asked, program.nowMs(), known?.allMs)
      .flatMap((id) => this.#nearOf(decider, id, location))
      .sort((a, b) => a.km - b.km)[0]
    if (!near) return
    const chance = this.#chanceToPass(decider, near, location)
    if (chance > chanceMax) return
    const passed = this.#passed.get(decider.host) ?? { seen: 0, expected: 0 }
    this.#passed.set(decider.host, passed)
    passed.expected += chance
    this.#world.bites.note('listener near a server with plenty of room')
    if (!to.location || kmBetween(location, to.location) < near.km + pastKm) return
    passed.seen++
    this.#world.bites.note('listener sent past a near server by chance')
    if (tailOf(passed.seen, passed.expected) < chanceMin)
      this.#world.violate(
        'a listener is not sent past a near server with room',
        `${decider.host} sent ${passed.seen} past, as now one of ${asked.country} to ${server.host} past ${near.id}; ${passed.expected.toFixed(3)} are to be expected`,
      )
  }

  /** A server that has plenty of room; none: it may have a price. */
  #nearOf(decider: Site, id: string, location: GeoLocation): Near[] {
    const report = decider.ledger?.told.get(id)?.report
    const site = [...this.#sites.values()].find((each) => each.id === id)
    if (!report?.location || !site || report.maxListeners === undefined) return []
    const redirects = this.#recent(this.#redirects.get(`${decider.host} ${site.host}`) ?? [], demandS).length
    const coming = this.#rate() * report.interval
    const free = report.maxListeners - report.listeners - plenty * redirects
    if (free < plenty * (coming + 1)) return []
    return [{ id, km: kmBetween(location, report.location), free }]
  }

  /** How likely a draw passes the near server, at most: all others have all of their slots. */
  #chanceToPass({ ledger }: Site, near: Near, location: GeoLocation): number {
    let chance = 0
    for (const { report } of ledger?.told.values() ?? []) {
      if (!report.location || report.id === near.id) continue
      const farther = kmBetween(location, report.location) - near.km
      if (farther < pastKm) continue
      const pull = Math.exp(-Math.max(0, farther - regionKm) / reachKm)
      chance += ((report.maxListeners ?? 100) / near.free) * pull
    }
    return chance
  }

  /** Joins a second that a decider may expect, at most. */
  #rate(): number {
    const { nowMs } = this.#world
    const arrivals = this.#recent(this.#arrivals, demandS)
    const burst = arrivals.reduce((sum, atMs) => sum + newness * (1 - newness) ** ((nowMs - atMs) / 1000), 0)
    return Math.max(burst, arrivals.length / demandS)
  }

  /** How many of those who came lately this decider has sent on. */
  #ownShare({ host }: Site): number {
    let own = 0
    for (const [key, times] of this.#redirects)
      if (key.startsWith(`${host} `)) own += this.#recent(times, demandS).length
    return own / Math.max(1, this.#recent(this.#arrivals, demandS).length)
  }

  #recent(times: readonly number[], seconds: number): number[] {
    const sinceMs = this.#world.nowMs - seconds * 1000
    return times.filter((atMs) => atMs > sinceMs)
  }
}

interface Near {
  id: string
  km: number
  /** slots, by its report, without those of redirects since then */
  free: number
}

/** The chance of so many events or more, of which so many are expected at most (Poisson). */
function tailOf(seen: number, expected: number): number {
  let term = Math.exp(-expected)
  for (let n = 0; n < seen; n++) term *= expected / (n + 1)
  let tail = 0
  for (let n = seen; n < seen + 60; n++) {
    tail += term
    term *= expected / (n + 1)
  }
  return tail
}

/** By the spherical law of cosines, which is exact enough for cities. */
function kmBetween(a: GeoLocation, b: GeoLocation): number {
  const rad = Math.PI / 180
  const cos =
    Math.sin(a.latitude * rad) * Math.sin(b.latitude * rad) +
    Math.cos(a.latitude * rad) * Math.cos(b.latitude * rad) * Math.cos((a.longitude - b.longitude) * rad)
  return 6371 * Math.acos(Math.max(-1, Math.min(1, cos)))
}

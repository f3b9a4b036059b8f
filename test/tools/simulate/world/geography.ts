import { distanceKm } from '../../../../shared/draw/pool/proximity.ts'
import type { GeoLocation } from '../../../../shared/geo.ts'
import { byShare, normal, rolls } from '../random.ts'
import type { Setting, World } from '../setting.ts'
import { type City, cities, isEuropean } from './cities.ts'

/** A location, with its country where it is of a city. */
export interface Spot extends GeoLocation {
  country?: string
}

/** Where the servers and the listeners of a simulation are. */
export interface Geography {
  /** by server; undefined if no location is known */
  readonly servers: readonly (Spot | undefined)[]
  /** relative sizes of the servers; undefined if the setting alone says them */
  readonly sizes: readonly number[] | undefined
  /** The location of the next listener, of the crowd or of the background. */
  listener(isCrowd: boolean): Spot | undefined
  /** The distance from a location to each server; undefined if no location is known. */
  kmFrom(spot: Spot | undefined): Float64Array | undefined
}

/** the crowd of one region: Paris, and the cities up to this many km from it */
const regionMiddle: GeoLocation = { latitude: 48.9, longitude: 2.4 }
const regionKm = 1000
/** how far a server's size is from what its surroundings ask for: one in six is smaller by a quarter, one in six larger by a third */
const sizeSd = 0.3

export function createGeography(setting: Setting, seed: number): Geography {
  if (setting.world) return new CityGeography(setting, setting.world, seed)
  return new RegionGeography(setting, seed)
}

/** Distances are computed once for each location. */
class Distances {
  #servers: readonly (Spot | undefined)[]
  #rows = new Map<Spot, Float64Array>()

  constructor(servers: readonly (Spot | undefined)[]) {
    this.#servers = servers
  }

  from(spot: Spot): Float64Array {
    let row = this.#rows.get(spot)
    if (!row) {
      row = Float64Array.from(this.#servers, (server) => (server ? distanceKm(spot, server) : 0))
      this.#rows.set(spot, row)
    }
    return row
  }
}

/** The regions of a setting, each with its shares of servers and of listeners; without any, no location is known. */
class RegionGeography implements Geography {
  readonly servers: readonly (Spot | undefined)[]
  readonly sizes = undefined
  #regions: Setting['regions']
  #roll: () => number
  #distances: Distances

  constructor({ regions, servers }: Setting, seed: number) {
    this.#regions = regions
    this.#roll = rolls(seed, 6)
    const at = (index: number) =>
      byShare(regions, (region) => region.servers, (index + 0.5) / servers)?.location
    this.servers = Array.from({ length: servers }, (_, i) => at(i))
    this.#distances = new Distances(this.servers)
  }

  listener(): Spot | undefined {
    if (this.#regions.length === 0) return undefined
    return byShare(this.#regions, ({ listeners }) => listeners, this.#roll())?.location
  }

  kmFrom(spot: Spot | undefined): Float64Array | undefined {
    return spot && this.#distances.from(spot)
  }
}

/** The world: listeners are where people are, and servers where most listeners are, each about as large as its surroundings ask for. */
class CityGeography implements Geography {
  readonly servers: readonly City[]
  readonly sizes: readonly number[]
  #distances: Distances
  #everywhere: Ballot
  #crowd: Ballot
  #roll: () => number

  constructor({ servers }: Setting, world: World, seed: number) {
    const roll = rolls(seed, 7)
    const hosts = world.servers === 'matched' ? cities() : cities().filter(isEuropean)
    this.servers = choose(hosts, servers, world.together, roll)
    this.#distances = new Distances(this.servers)
    this.sizes = this.#sizesFor(hosts).map((size) => size * Math.exp(sizeSd * normal(roll)))
    this.#everywhere = new Ballot(cities())
    const near = (city: City) => distanceKm(city, regionMiddle) <= regionKm
    this.#crowd = world.crowd === 'everywhere' ? this.#everywhere : new Ballot(cities().filter(near))
    this.#roll = rolls(seed, 6)
  }

  listener(isCrowd: boolean): Spot {
    return (isCrowd ? this.#crowd : this.#everywhere).draw(this.#roll)
  }

  kmFrom(spot: Spot | undefined): Float64Array | undefined {
    return spot && this.#distances.from(spot)
  }

  /** The people to whom each server is the nearest; servers of one city share theirs. */
  #sizesFor(hosts: readonly City[]): number[] {
    const sizes = this.servers.map(() => 0)
    for (const city of hosts) {
      const km = this.#distances.from(city)
      const least = km.reduce((a, b) => Math.min(a, b))
      const nearest = sizes.map((_, i) => i).filter((i) => km[i] === least)
      for (const i of nearest) sizes[i] = (sizes[i] ?? 0) + city.people / nearest.length
    }
    return sizes
  }
}

/** Cities drawn in proportion to their people. */
class Ballot {
  #cities: readonly City[]
  #ends: Float64Array

  constructor(list: readonly City[]) {
    this.#cities = list
    let end = 0
    this.#ends = Float64Array.from(list, ({ people }) => {
      end += people
      return end
    })
  }

  draw(roll: () => number): City {
    const point = roll() * (this.#ends.at(-1) ?? 0)
    let low = 0
    let high = this.#cities.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((this.#ends[middle] ?? 0) > point) high = middle
      else low = middle + 1
    }
    const city = this.#cities[low]
    if (!city) throw new Error('there are no cities to draw from')
    return city
  }
}

/** Draws cities for servers, each once, except that the first `together` servers are in one city. */
function choose(hosts: readonly City[], count: number, together: number, roll: () => number): City[] {
  const ballot = new Ballot(hosts)
  const drawn = new Set<City>()
  while (drawn.size < Math.min(hosts.length, count - together + 1)) drawn.add(ballot.draw(roll))
  const [first, ...others] = drawn
  return first ? [...Array.from({ length: together }, () => first), ...others] : []
}

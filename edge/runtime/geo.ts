import { readFileSync } from 'node:fs'
import { type CityResponse, Reader } from 'mmdb-lib'
import { readWhereabouts, type Whereabouts } from '../../shared/geo.ts'
import { ipv4Number, plainAddress } from '../../shared/http/address.ts'
import { messageOf } from '../../shared/message-of.ts'
import { edgeLimits } from '../limits.ts'
import { ForgetfulMap } from './forgetful-map.ts'

/** The location of an address, as far as the database has it. */
export type Locate = (address: string) => Whereabouts | undefined

/** Opens a file of {@link geoIn}. @throws also if it cannot be read */
export const openGeo = (path: string): Locate => geoIn(readFileSync(path))

/**
 * A database in MaxMind's format (`GEO_DB`): one of cities gives locations and countries, one of countries only
 * countries. It is in memory, so that a look-up takes a microsecond or two. Answers are kept, of IPv4 for a whole /24
 * where the database has no smaller network in it: listeners share those far more often than addresses.
 * @throws if the bytes are not such a database
 */
export function geoIn(database: Buffer): Locate {
  const reader = new Reader<CityResponse>(database, {
    cache: new ForgetfulMap(edgeLimits.geoRecordsMax),
  })
  const known = new ForgetfulMap<number | string, Whereabouts>(edgeLimits.geoNetworksMax)
  // the reader gives the same object for all networks of a city
  const cities = new WeakMap<CityResponse, Whereabouts>()
  return (address) => {
    const number = ipv4Number(address)
    const network = number < 0 ? address : number >>> 8
    const before = known.get(network) ?? (number < 0 ? undefined : known.get(address))
    if (before) return before
    const [found, bits] = lookUp(reader, address)
    if (typeof found !== 'object' || found === null) return undefined
    const whereabouts = cities.get(found) ?? whereaboutsIn(found)
    cities.set(found, whereabouts)
    known.set(bits > 24 ? address : network, whereabouts)
    return whereabouts
  }
}

/** The locations of addresses, from the database of `GEO_DB`, whose file is replaced every week or so. */
export class Places {
  /** undefined without a database */
  locate: Locate | undefined
  readonly #path: string | undefined

  constructor(path: string | undefined) {
    this.#path = path
    this.open()
  }

  /** Reads the file again. @throws if it cannot be read; then the old data stay in use */
  open(): void {
    try {
      if (this.#path !== undefined) this.locate = openGeo(this.#path)
    } catch (error) {
      throw new Error(
        `cannot read GEO_DB "${this.#path}": ${messageOf(error)}; name a database in MaxMind's format`,
      )
    }
  }
}

/** A database of something else, or a damaged one, may have any value in the place of each. */
const whereaboutsIn = ({ location, country }: Partial<CityResponse>): Whereabouts =>
  readWhereabouts({ ...location, country: country?.iso_code })

/** What the database says, and the bits of the network of which it says so. A text that is not an address has no location; the reader throws on it. */
function lookUp(reader: Reader<CityResponse>, address: string): [CityResponse | null, number] {
  try {
    return reader.getWithPrefixLength(plainAddress(address) ?? '')
  } catch {
    return [null, 0]
  }
}

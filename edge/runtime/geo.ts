import { readFileSync } from 'node:fs'
import { type CityResponse, Reader } from 'mmdb-lib'
import type { Whereabouts } from '../../shared/geo.ts'
import { edgeLimits } from '../limits.ts'
import { ForgetfulMap } from './forgetful-map.ts'

/** The location of an address, as far as the database has it. */
export type Locate = (address: string) => Whereabouts | undefined

/**
 * Opens a database in MaxMind's format (`GEO_DB`): one of cities gives locations and countries, one of countries only
 * countries. It is read into memory, so that a look-up takes a microsecond or two.
 * @throws if the file is not such a database
 */
export function openGeo(path: string): Locate {
  const reader = new Reader<CityResponse>(readFileSync(path), {
    cache: new ForgetfulMap(edgeLimits.geoRecordsMax),
  })
  const known = new ForgetfulMap<string, Whereabouts>(edgeLimits.geoAddressesMax)
  return (address) => {
    const before = known.get(address)
    if (before) return before
    const found = lookUp(reader, address)
    if (found) known.set(address, whereaboutsIn(found))
    return known.get(address)
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
      throw new Error(`GEO_DB is "${this.#path}", expected a database in MaxMind's format (${error})`)
    }
  }
}

function whereaboutsIn({ location, country }: CityResponse): Whereabouts {
  const { latitude, longitude } = location ?? {}
  return {
    location: latitude === undefined || longitude === undefined ? undefined : { latitude, longitude },
    country: country?.iso_code,
  }
}

/** A text that is not an address has no location; the reader throws on it. */
function lookUp(reader: Reader<CityResponse>, address: string): CityResponse | null {
  try {
    return reader.get(address.replace(/^::ffff:(?=\d+\.)/, ''))
  } catch {
    return null
  }
}

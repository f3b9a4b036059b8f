import { readFileSync } from 'node:fs'
import { type CityResponse, Reader } from 'mmdb-lib'
import type { Whereabouts } from '../../shared/geo.ts'
import { ForgetfulMap } from './forgetful-map.ts'

/** Where an address is, as far as the database knows. */
export type Locate = (address: string) => Whereabouts | undefined

/** records kept decoded: the cities of a busy hour; one has its names in eight languages, some kB of text */
const recordsMax = 20_000
/** addresses whose places are kept: a player asks several times as it starts, and on and on where its line is bad */
const addressesMax = 20_000

/**
 * Opens a database in MaxMind's format (`GEO_DB`): one of cities gives places and countries, one of countries gives
 * countries alone. It is read whole, so that a look-up costs a microsecond or two. Throws where it is no such file.
 */
export function openGeo(path: string): Locate {
  const reader = new Reader<CityResponse>(readFileSync(path), { cache: new ForgetfulMap(recordsMax) })
  const known = new ForgetfulMap<string, Whereabouts>(addressesMax)
  return (address) => {
    const before = known.get(address)
    if (before) return before
    const found = lookUp(reader, address)
    if (found) known.set(address, whereaboutsIn(found))
    return known.get(address)
  }
}

/** Where addresses are, by the database of `GEO_DB`, whose file is renewed every week or so. */
export class Places {
  /** undefined where there is no database */
  locate: Locate | undefined
  readonly #path: string | undefined

  constructor(path: string | undefined) {
    this.#path = path
    this.open()
  }

  /** Reads the file anew. @throws where it cannot be read; then what was read before stays */
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

/** A text that is no address is not found; the reader throws at it. */
function lookUp(reader: Reader<CityResponse>, address: string): CityResponse | null {
  try {
    return reader.get(address.replace(/^::ffff:(?=\d+\.)/, ''))
  } catch {
    return null
  }
}

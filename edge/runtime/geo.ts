import { readFileSync } from 'node:fs'
import { type CityResponse, Reader } from 'mmdb-lib'
import type { Whereabouts } from '../../shared/regions.ts'

/** Where an address is, as far as the database knows. */
export type Locate = (address: string) => Whereabouts | undefined

/** records kept decoded: the cities of a busy hour; one has its names in eight languages, some kB of text */
const recordsMax = 20_000

/**
 * Opens a database in MaxMind's format (`GEO_DB`): one of cities gives places and countries, one of countries gives
 * countries alone. It is read whole, so that a look-up costs a microsecond or two. Throws where it is no such file.
 */
export function openGeo(path: string): Locate {
  const reader = new Reader<CityResponse>(readFileSync(path), { cache: recordCache() })
  return (address) => {
    const found = lookUp(reader, address)
    if (!found) return undefined
    const { latitude, longitude } = found.location ?? {}
    return {
      place: latitude === undefined || longitude === undefined ? undefined : { latitude, longitude },
      country: found.country?.iso_code,
    }
  }
}

/** Decoded records by their offset in the file, forgotten all at once when there are too many. */
function recordCache() {
  const records = new Map<string | number, unknown>()
  return {
    get: (offset: string | number) => records.get(offset),
    set(offset: string | number, record: unknown) {
      if (records.size === recordsMax) records.clear()
      records.set(offset, record)
    },
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

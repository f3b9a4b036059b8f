import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { GeoLocation } from '../../../../shared/geo.ts'

/** A city, as a location of servers and listeners. */
export interface City extends GeoLocation {
  /** ISO 3166 code */
  country: string
  people: number
}

const { resolve } = createRequire(import.meta.url)
const table = 'city-timezones/data/cityMap.json'

let loaded: readonly City[] | undefined

/** The 7,300 populated places of Natural Earth (public domain), as city-timezones (MIT) has them; read at the first call. */
export function cities(): readonly City[] {
  loaded ??= (
    JSON.parse(readFileSync(resolve(table), 'utf8')) as {
      lat: number
      lng: number
      pop: number
      iso2: string
    }[]
  )
    .filter(({ pop }) => pop > 0)
    .map(({ lat, lng, pop, iso2 }) => ({ latitude: lat, longitude: lng, country: iso2, people: pop }))
  return loaded
}

/** Whether a city is in Europe, roughly: from Portugal to the Urals, and from Crete to the North Cape. */
export const isEuropean = ({ latitude, longitude }: GeoLocation): boolean =>
  latitude > 35 && latitude < 72 && longitude > -11 && longitude < (latitude > 41 ? 50 : 28)

import type { GeoLocation, Whereabouts } from '../../../../shared/geo.ts'
import type { Mount } from '../../../../shared/mount.ts'

/** The passwords of the world. */
export const secrets = { admin: 'admin-secret', source: 'source-secret' } as const

/** A listener's request, as a decider gets it. */
export interface Asked {
  method: 'GET' | 'HEAD'
  mount: Mount
  path: string
  query: string
  headers: { get(name: string): string | null }
  country: string | undefined
  secure: boolean
}

/** Where a listener goes: the `Location` of a redirect, or an answer. */
export type Answered = string | Response | undefined

/** A program that redirects listeners. */
export interface Decides {
  place(asked: Asked): Answered | Promise<Answered>
}

/** a header that stands for the address of a listener, by which an edge knows the country */
export const fromHeader = 'x-of-country'

/** Where listeners of a country are; of the others nobody knows. */
const cities: Readonly<Record<string, GeoLocation>> = {
  DE: { latitude: 52.52, longitude: 13.4 },
  FR: { latitude: 48.85, longitude: 2.35 },
  US: { latitude: 40.71, longitude: -74.01 },
}

/** What a database of addresses, or Cloudflare, tells an edge of a listener. */
export const whereIs = (country: string | undefined): Whereabouts => ({
  country,
  location: country === undefined ? undefined : cities[country],
})

/** The address of a host: public, as an address of a documentation block counts as one. */
export function addressOf(host: string): string {
  let sum = 0
  for (const char of host) sum = (sum * 31 + char.charCodeAt(0)) % 65_000
  return `51.15.${1 + Math.floor(sum / 256)}.${1 + (sum % 254)}`
}

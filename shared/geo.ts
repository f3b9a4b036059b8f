import * as v from 'valibot'

/** A location on earth in degrees. */
export interface GeoLocation {
  latitude: number
  longitude: number
}

/** Where a listener is, as far as known. */
export interface Whereabouts {
  location?: GeoLocation | undefined
  /** ISO 3166 code */
  country?: string | undefined
}

const orNothing = <T extends v.GenericSchema>(schema: T) => v.fallback(v.optional(schema), undefined)
const degrees = (max: number) =>
  v.pipe(v.union([v.string(), v.number()]), v.toNumber(), v.minValue(-max), v.maxValue(max))

/** Degrees as numbers or in texts; any value may be missing, and one of another form counts as missing. */
const WhereaboutsSchema = v.object({
  latitude: orNothing(degrees(90)),
  longitude: orNothing(degrees(180)),
  country: orNothing(v.pipe(v.string(), v.regex(/^[A-Z]{2}$/))),
})

/** What a database of addresses, or Cloudflare, says of one. */
export function readWhereabouts(said: {
  latitude?: unknown
  longitude?: unknown
  country?: unknown
}): Whereabouts {
  const { latitude, longitude, country } = v.parse(WhereaboutsSchema, said)
  const location = latitude === undefined || longitude === undefined ? undefined : { latitude, longitude }
  return { location, country }
}

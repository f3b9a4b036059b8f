import * as v from 'valibot'
import type { Whereabouts } from '../../shared/geo.ts'

const degrees = (max: number) => v.pipe(v.string(), v.toNumber(), v.minValue(-max), v.maxValue(max))
const orNothing = <T extends v.GenericSchema>(schema: T) => v.fallback(v.optional(schema), undefined)

/** The location in `request.cf`: texts, any of which may be missing; other types are ignored. */
const CfSchema = v.object({
  latitude: orNothing(degrees(90)),
  longitude: orNothing(degrees(180)),
  country: orNothing(v.pipe(v.string(), v.regex(/^[A-Z]{2}$/))),
})

/** The location that Cloudflare gives for a request; undefined if it gives none. */
export function whereaboutsOf(request: Request): Whereabouts | undefined {
  const parsed = v.safeParse(CfSchema, 'cf' in request ? request.cf : undefined)
  if (!parsed.success) return undefined
  const { latitude, longitude, country } = parsed.output
  const location = latitude === undefined || longitude === undefined ? undefined : { latitude, longitude }
  return { location, country }
}

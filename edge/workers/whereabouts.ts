import * as v from 'valibot'
import type { Whereabouts } from '../../shared/geo.ts'

const degrees = (max: number) => v.pipe(v.string(), v.toNumber(), v.minValue(-max), v.maxValue(max))
const orNothing = <T extends v.GenericSchema>(schema: T) => v.fallback(v.optional(schema), undefined)

/** What `request.cf` says of a place: texts, any of which may be missing; what is said otherwise is not believed. */
const CfSchema = v.object({
  latitude: orNothing(degrees(90)),
  longitude: orNothing(degrees(180)),
  country: orNothing(v.pipe(v.string(), v.regex(/^[A-Z]{2}$/))),
})

/** Where Cloudflare says that a request comes from; undefined where it says nothing. */
export function whereaboutsOf(request: Request): Whereabouts | undefined {
  const parsed = v.safeParse(CfSchema, 'cf' in request ? request.cf : undefined)
  if (!parsed.success) return undefined
  const { latitude, longitude, country } = parsed.output
  const location = latitude === undefined || longitude === undefined ? undefined : { latitude, longitude }
  return { location, country }
}

import { readWhereabouts, type Whereabouts } from '../../shared/geo.ts'

/** The location that Cloudflare gives for a request, in `request.cf`; undefined if it gives none. */
export function whereaboutsOf(request: Request): Whereabouts | undefined {
  const cf: unknown = 'cf' in request ? request.cf : undefined
  return typeof cf === 'object' && cf !== null ? readWhereabouts(cf) : undefined
}

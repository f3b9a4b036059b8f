import * as v from 'valibot'

const CfSchema = v.object({ clientAcceptEncoding: v.string() })

/**
 * What a client of a Worker takes. Cloudflare replaces `Accept-Encoding` by `br, gzip`, and keeps the client's own value in `request.cf`:
 * empty if there was none. Types that it does not compress itself, such as playlists, reach the client as the Worker encodes them.
 * Undefined if it replaced nothing.
 */
export function clientEncodingsOf(request: Request): string | undefined {
  const parsed = v.safeParse(CfSchema, 'cf' in request ? request.cf : undefined)
  return parsed.success ? parsed.output.clientAcceptEncoding : undefined
}

import { otherSite } from '../../shared/http/other-site.ts'

/** A request that would change something. */
interface Change {
  method: string
  headers: Headers
}

/**
 * Why a change is rejected: another site may have made a browser request it, which adds the admin's remembered login.
 * Undefined if that is impossible.
 *
 * If a page of another site shows an image with this URL and a `referrerpolicy`, the browser sends neither `Origin` nor
 * `Referer`, and over plain http no `Sec-Fetch-Site`. So browsers can change something only by a form of ours, whose POST
 * has an `Origin`; a GET is for tools, which send credentials only when they are told to.
 * @param hosts the names of this server
 */
export function notMeant({ method, headers }: Change, hosts: readonly string[]): string | undefined {
  // no page of another site can set it: that needs a CORS preflight, which we do not allow
  const behindProxy = headers.get('x-forwarded-host')
  const site = otherSite(headers, [headers.get('host'), behindProxy, ...hosts])
  if (site !== undefined) return `cross-site request rejected: a page of ${site.slice(0, 200)} sent it`
  const isOwnPage = [headers.get('origin'), headers.get('referer')].some(Boolean)
  if (method === 'POST' || isOwnPage || !isBrowser(headers)) return undefined
  if (/^(none|same-origin)$/i.test(headers.get('sec-fetch-site') ?? '')) return undefined
  return 'a browser cannot do this by a link; use the form on the pages of /admin/'
}

/**
 * The site whose page made a browser send a source request with a remembered login; undefined if no page did. Scripts of
 * other sites cannot send one, so it would be from a form.
 */
export function sentByPage(headers: ReadonlyMap<string, string>): string | undefined {
  const get = (name: string) => headers.get(name) ?? null
  return otherSite({ get }, [get('host')])
}

/** Recognizes a browser by headers that a page cannot remove: it can set `Accept-Language`, but not omit it. */
const isBrowser = (headers: Headers): boolean =>
  headers.has('cookie') ||
  (/^(Mozilla\/[5-9]|Opera\/)/.test(headers.get('user-agent') ?? '') && headers.has('accept-language'))

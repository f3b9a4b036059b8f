import { otherSite } from '../../shared/http/other-site.ts'

/** A call that would change something. */
interface Change {
  method: string
  headers: Headers
}

/**
 * Why a change must not be made: a browser was told to ask for it, and added the admin's login, which it remembers.
 * Undefined where that cannot be.
 *
 * A page that shows an image of this URL, and hides where it is (`referrerpolicy`), has a browser send neither `Origin` nor
 * `Referer`, and over plain http no `Sec-Fetch-Site`. So a browser changes by a form of ours, whose POST has an `Origin`; a
 * GET is for tools, which show credentials of their own accord.
 * @param hosts what we are called by
 */
export function notMeant({ method, headers }: Change, hosts: readonly string[]): string | undefined {
  // no page of another site can set it: browsers would have to ask first, and are not let
  const behindProxy = headers.get('x-forwarded-host')
  const site = otherSite(headers, [headers.get('host'), behindProxy, ...hosts])
  if (site !== undefined) return `a page of ${site.slice(0, 200)} may not call this for you`
  const isOwnPage = [headers.get('origin'), headers.get('referer')].some(Boolean)
  if (method === 'POST' || isOwnPage || !isBrowser(headers)) return undefined
  if (/^(none|same-origin)$/i.test(headers.get('sec-fetch-site') ?? '')) return undefined
  return 'a browser may not call this by a link, expected the form on the pages of /admin/'
}

/**
 * The site whose page had a browser send a source, with a login that the browser remembers; undefined where it is no browser's.
 * No page is let send one by script, so that it would be a form's.
 */
export function sentByPage(headers: ReadonlyMap<string, string>): string | undefined {
  const get = (name: string) => headers.get(name) ?? null
  return otherSite({ get }, [get('host')])
}

/** By what no page can take away: it may set `Accept-Language`, but not leave it out. */
const isBrowser = (headers: Headers): boolean =>
  headers.has('cookie') ||
  (/^(Mozilla\/[5-9]|Opera\/)/.test(headers.get('user-agent') ?? '') && headers.has('accept-language'))

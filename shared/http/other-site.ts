interface HeaderValues {
  get(name: string): string | null
}

interface Host {
  name: string
  /** '' where none is said */
  port: string
}

/**
 * The site whose page made a browser send a request, as the request names it; undefined where it is a page of our own, or
 * no page at all. A browser adds the admin's login to whatever a page makes it ask, so that a change which another site
 * asks for has to be refused. Tools name no page.
 *
 * `Sec-Fetch-Site` alone would not do: browsers send it over https and to localhost only. `Origin: null` is a page that hides
 * where it comes from; one of our own is told from it by `Sec-Fetch-Site`, or sets no `Referrer-Policy: no-referrer`, by which
 * browsers send that.
 * @param hosts what we are called by: the Host header, and what a proxy or the configuration says
 */
export function otherSite(
  headers: HeaderValues,
  hosts: readonly (string | null | undefined)[],
): string | undefined {
  const own = hosts.flatMap((host) => hostOf(`http://${host ?? ''}`) ?? [])
  const site = headers.get('sec-fetch-site')
  const origin = headers.get('origin')
  if (origin !== null && !(origin === 'null' && site === 'same-origin') && !isOneOf(origin, own))
    return origin
  const referer = headers.get('referer')
  if (referer && !isOneOf(referer, own)) return referer.split(/[?#]/)[0]
  return origin === null && (site === 'cross-site' || site === 'same-site') ? 'another site' : undefined
}

/** Whether a URL leads to one of the hosts. Ports count where ours is said: a proxy that names the host alone cuts it off. */
function isOneOf(url: string, hosts: readonly Host[]): boolean {
  const asking = hostOf(url)
  if (!asking) return false
  const port = asking.port || (/^https:/i.test(url) ? '443' : '80')
  return hosts.some((own) => own.name === asking.name && (own.port === '' || own.port === port))
}

function hostOf(url: string): Host | undefined {
  if (!/^https?:\/\/./i.test(url) || !URL.canParse(url)) return undefined
  const { hostname, port } = new URL(url)
  return { name: hostname, port }
}

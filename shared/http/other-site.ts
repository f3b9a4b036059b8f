interface HeaderValues {
  get(name: string): string | null
}

interface Host {
  name: string
  /** '' if not given */
  port: string
}

/**
 * The site whose page made a browser send this request, as the request names it; undefined if it is a page of our own, or
 * not a page at all. A browser adds the admin's login to every request to this host that any page makes, so changes
 * requested by another site have to be rejected. Command line tools send none of these headers.
 *
 * `Sec-Fetch-Site` alone is not enough: browsers send it only over https and to localhost. `Origin: null` is a page that
 * hides its origin. A page of our own with that header is recognized by `Sec-Fetch-Site`; without it, our pages must not set
 * `Referrer-Policy: no-referrer`, which makes browsers send `Origin: null`.
 * @param hosts the names of this host: the Host header, and what a proxy or the configuration says
 */
export function otherSite(
  headers: HeaderValues,
  hosts: readonly (string | null | undefined)[],
): string | undefined {
  const own = hosts.flatMap((host) => hostOf(`http://${host ?? ''}`) ?? [])
  const site = headers.get('sec-fetch-site')
  const isOther = site === 'cross-site' || site === 'same-site'
  const isOwn = (url: string) => isOneOf(url, own, isOther)
  const origin = headers.get('origin')
  if (origin !== null && !(origin === 'null' && site === 'same-origin') && !isOwn(origin)) return origin
  const referer = headers.get('referer')
  if (referer && !isOwn(referer)) return referer.split(/[?#]/)[0]
  return origin === null && isOther ? 'another site' : undefined
}

/**
 * Whether a URL leads to one of the hosts. Where the port of ours is not given, any port counts as ours, since some proxies
 * strip it from the Host header; but if the browser says that the page is of another origin, only the schemes' own ports do.
 */
function isOneOf(url: string, hosts: readonly Host[], isOther: boolean): boolean {
  const asking = hostOf(url)
  if (!asking) return false
  const port = asking.port || (/^https:/i.test(url) ? '443' : '80')
  return hosts.some(
    (own) =>
      own.name === asking.name &&
      (own.port === port || (own.port === '' && (asking.port === '' || !isOther))),
  )
}

function hostOf(url: string): Host | undefined {
  if (!/^https?:\/\/./i.test(url) || !URL.canParse(url)) return undefined
  const { hostname, port } = new URL(url)
  return { name: hostname, port }
}

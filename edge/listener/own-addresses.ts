import { edgeLimits } from '../limits.ts'
/** The facts that decide by which addresses an edge is known. */
export interface AddressFacts {
  /** `PUBLIC_URL`: at most one per scheme; the first is used for everything that needs only one */
  publicUrls: readonly string[]
  secure: boolean
  /** of the request, by its Host or by a trusted proxy; undefined if it is not a valid host */
  host: string | undefined
  /** it came by http from an untrusted proxy, which itself was asked by https */
  hidesHttps: boolean
}

const schemeOf = (secure: boolean) => (secure ? 'https://' : 'http://')

/** The edge's address: the configured one, otherwise the one that the request was sent to. */
export const baseOf = ({ publicUrls, secure, host }: AddressFacts): string | undefined =>
  publicUrls[0] ?? (host === undefined ? undefined : schemeOf(secure) + host)

/**
 * The edge's addresses that are certain, at most one per scheme: the configured ones; and for the request's own scheme the
 * host that it was sent to, if it has the name of a configured one.
 */
export function ownBases(asked: AddressFacts): string[] {
  const { publicUrls, secure, host, hidesHttps } = asked
  const base = baseOf(asked)
  if (base === undefined) return []
  const known = publicUrls.length > 0 ? [...publicUrls] : [base]
  const scheme = schemeOf(secure)
  if (host === undefined || hidesHttps || known.some((url) => url.startsWith(scheme))) return known
  const shown = scheme + host
  return nameOf(shown) === nameOf(base) ? [...known, shown] : known
}

/**
 * The edge's address for a listener who asked by this scheme: an old player that asked by http cannot follow to https. If
 * the edge was reached by a name other than the configured one, that name is assumed to answer on the scheme's default port,
 * unless it is configured with a port.
 */
export function hereOf(asked: AddressFacts): string | undefined {
  const scheme = schemeOf(asked.secure)
  const bases = ownBases(asked)
  const [base] = bases
  const known = bases.find((url) => url.startsWith(scheme))
  if (known !== undefined || base === undefined || asked.hidesHttps) return known ?? base
  const { port, hostname } = new URL(base)
  return port === '' ? scheme + hostname : base
}

/** The name in a URL, without the port. */
const nameOf = (url: string) => (URL.canParse(url) ? new URL(url).hostname : undefined)

/**
 * Addresses of the edge that are learned from requests. A server that reports by https also has listeners to send back that
 * support only http, and an http request for the same name shows where to. Since a Host header can be made up, only names
 * count that servers with credentials use for the edge, at the scheme's default port or the port that the edge listens on.
 */
export class OwnAddresses {
  readonly #ownPort: number
  /** addresses of the edge, by name */
  readonly #known = new Map<string, { http?: string; https?: string }>()

  constructor(publicUrls: readonly string[], ownPort: number) {
    this.#ownPort = ownPort
    this.#meet(publicUrls)
  }

  /** Whether a request of this scheme may show an address that is not known yet. */
  wants(secure: boolean): boolean {
    for (const { http, https } of this.#known.values()) if ((secure ? https : http) === undefined) return true
    return false
  }

  /** Notes that a request came for this host. */
  saw(secure: boolean, host: string | undefined): void {
    const known = this.#known.get(host?.replace(/:\d+$/, '').toLowerCase() ?? '')
    const url = schemeOf(secure) + host
    if (!known || !URL.canParse(url)) return
    const { port, origin } = new URL(url)
    if (port === '' || port === String(this.#ownPort)) known[secure ? 'https' : 'http'] ??= origin
  }

  /** The addresses to tell a server with credentials that used these for the edge: these, and those learned from requests. */
  complete(bases: readonly string[]): string[] {
    const [base] = bases
    if (base === undefined) return []
    this.#meet(bases)
    const { http, https } = this.#known.get(nameOf(base) ?? '') ?? {}
    const others = [http, https].filter((url) => url !== undefined)
    return [...bases, ...others.filter((url) => !bases.some((each) => isSameScheme(each, url)))]
  }

  /** Whether listeners reach it by https. */
  get hasHttps(): boolean {
    return [...this.#known.values()].some(({ https }) => https !== undefined)
  }

  #meet(bases: readonly string[]): void {
    for (const base of bases) {
      const name = nameOf(base)
      if (name === undefined || (this.#known.size >= edgeLimits.namesKeptMax && !this.#known.has(name)))
        continue
      const known = this.#known.get(name) ?? {}
      this.#known.set(name, known)
      known[base.startsWith('https:') ? 'https' : 'http'] = base
    }
  }
}

const isSameScheme = (a: string, b: string) => a.startsWith('https:') === b.startsWith('https:')

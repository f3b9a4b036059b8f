import type { RequestFacts } from '../../shared/api/routes.ts'
import type { Whereabouts } from '../../shared/geo.ts'
import { type Blocks, isLoopback, isLoopbackHost } from '../../shared/http/address.ts'
import { ForwardedClient, isForwarded, type Peer } from '../../shared/http/forwarded.ts'
import { type AddressFacts, baseOf, hereOf, ownBases } from './own-addresses.ts'

/** `host` or `host:port` as allowed in a URL; any other Host header is ignored. */
const validHost = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/

/** Whether a Host header names a host: `x:99999` and `256.1.1.1` look like one, but are not valid in a URL. */
export const isHost = (host: string | null | undefined): host is string =>
  typeof host === 'string' && validHost.test(host) && URL.canParse(`http://${host}`)

interface HeaderValues {
  get(name: string): string | null
}

/** The parts of a request by which its sender is judged. */
export interface Forwardable {
  readonly headers: HeaderValues
  /** it came by HTTP/1.0 */
  readonly isOld?: boolean | undefined
}

/** What an edge knows about itself. */
export interface OwnFacts {
  /** whose forwarded headers count */
  readonly proxies: Blocks
  /** `PUBLIC_URL`, which takes precedence over the request */
  readonly publicUrls: readonly string[]
  /** Looks up the location of an address in a database. */
  readonly locate?: ((address: string) => Whereabouts | undefined) | undefined
}

/**
 * Facts about a request that are not in its URL, computed only when they are read: a redirect needs only the scheme. What
 * proxies say counts by the rules of {@link ForwardedClient}.
 */
export class ForwardedFacts extends ForwardedClient implements RequestFacts {
  #request: Forwardable
  #own: OwnFacts

  /** @param peer the other end of the connection */
  constructor(request: Forwardable, peer: Peer, own: OwnFacts) {
    super(request.headers, peer, own.proxies)
    this.#request = request
    this.#own = own
  }

  get from(): Whereabouts | undefined {
    const { locate } = this.#own
    if (!locate) return undefined
    const { address } = this
    return address === undefined ? undefined : locate(address)
  }

  get base(): string | undefined {
    return baseOf(this.#asked())
  }

  get bases(): readonly string[] {
    return ownBases(this.#asked())
  }

  get here(): string | undefined {
    return hereOf(this.#asked())
  }

  /** The host that the request was sent to; undefined if it is missing, not valid, or only what a proxy calls this machine. */
  get host(): string | undefined {
    const host = this.#given()
    return host === undefined || this.isLooped ? undefined : host
  }

  /**
   * Whether the Host header is loopback although the client is elsewhere: a proxy without `proxy_set_header Host` asks for
   * `127.0.0.1`. Others cannot reach that, so it is not an address of this edge.
   */
  get isLooped(): boolean {
    const host = this.#given()
    return host !== undefined && isLoopbackHost(host.replace(/:\d+$/, '')) && !this.#isLocal()
  }

  #given(): string | undefined {
    const host = this.forwardedHost ?? this.#request.headers.get('host')
    return isHost(host) ? host : undefined
  }

  /** Whether the client is on this machine, as far as can be known: nginx passes requests on by HTTP/1.0 unless it is told otherwise. */
  #isLocal(): boolean {
    const { address } = this
    if (address !== undefined && !isLoopback(address)) return false
    const { isOld, headers } = this.#request
    return !isOld && !(isForwarded(headers) && this.isDirect)
  }

  #asked(): AddressFacts {
    const { secure, host, hidesHttps } = this
    return { publicUrls: this.#own.publicUrls, secure, host, hidesHttps }
  }
}

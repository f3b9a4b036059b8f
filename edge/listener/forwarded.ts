import type { RequestFacts } from '../../shared/api/routes.ts'
import type { Whereabouts } from '../../shared/geo.ts'
import { type Blocks, inBlocks, parseAddress } from '../../shared/http/address.ts'
import { type AddressFacts, baseOf, hereOf, ownBases } from './own-addresses.ts'

/** `host` or `host:port` as allowed in a URL; any other Host header is ignored. */
const validHost = /^([A-Za-z0-9._-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:\d{1,5})?$/

/** Whether a Host header names a host: `x:99999` and `256.1.1.1` look like one, but are not valid in a URL. */
export const isHost = (host: string | null | undefined): host is string =>
  typeof host === 'string' && validHost.test(host) && URL.canParse(`http://${host}`)

interface HeaderValues {
  get(name: string): string | null
}

/**
 * Facts about a request that are not in its URL, computed only when they are read: a redirect needs only the scheme.
 * `X-Forwarded-*` count only if the peer is a trusted proxy. They are read from the right, through as many hops as are
 * trusted, since the sender may have made up everything to the left of those.
 */
export class ForwardedFacts implements RequestFacts {
  #headers: HeaderValues
  #peer: () => string | undefined
  #proxies: Blocks
  #publicUrls: readonly string[]
  #locate: (address: string) => Whereabouts | undefined
  #walked: { address: string | undefined; hops: number } | undefined

  /**
   * @param peer the address at the other end of the connection
   * @param publicUrls take precedence over the request
   * @param locate looks up the location of an address in a database
   */
  constructor(
    headers: HeaderValues,
    peer: () => string | undefined,
    proxies: Blocks,
    publicUrls: readonly string[],
    locate: (address: string) => Whereabouts | undefined = nowhere,
  ) {
    this.#headers = headers
    this.#peer = peer
    this.#proxies = proxies
    this.#publicUrls = publicUrls
    this.#locate = locate
  }

  get address(): string | undefined {
    return this.#walk().address
  }

  get from(): Whereabouts | undefined {
    if (this.#locate === nowhere) return undefined
    const { address } = this
    return address === undefined ? undefined : this.#locate(address)
  }

  get secure(): boolean {
    if (this.#proxies.length === 0) return false
    return this.#forwarded('x-forwarded-proto')?.toLowerCase() === 'https'
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

  /** The host that the request was sent to; undefined if it is missing or not valid. */
  get host(): string | undefined {
    const host = this.#forwarded('x-forwarded-host') ?? this.#headers.get('host')
    return isHost(host) ? host : undefined
  }

  /** Whether an untrusted proxy says that the request came by https: that is not trusted, but then http is not certain either. */
  get hidesHttps(): boolean {
    return !this.secure && /^https\b/i.test(this.#headers.get('x-forwarded-proto') ?? '')
  }

  #asked(): AddressFacts {
    const { secure, host, hidesHttps } = this
    return { publicUrls: this.#publicUrls, secure, host, hidesHttps }
  }

  /** From the peer leftwards, past every trusted hop, to the first address that is not a trusted proxy. */
  #walk(): { address: string | undefined; hops: number } {
    this.#walked ??= this.#walkFrom(this.#peer())
    return this.#walked
  }

  #walkFrom(peer: string | undefined): { address: string | undefined; hops: number } {
    let address = peer
    let hops = 0
    if (peer === undefined || this.#proxies.length === 0) return { address, hops }
    const left = list(this.#headers.get('x-forwarded-for'))
    let parsed = parseAddress(peer)
    while (parsed && inBlocks(parsed, this.#proxies)) {
      hops++
      const next = withoutPort(left.pop() ?? '')
      parsed = parseAddress(next)
      if (parsed) address = next
    }
    return { address, hops }
  }

  /** The value from the leftmost trusted hop; the proxies after it may each have added their own. */
  #forwarded(name: string): string | undefined {
    const value = this.#headers.get(name)
    if (value === null) return undefined
    const { hops } = this.#walk()
    const values = list(value)
    return hops === 0 ? undefined : values.at(-Math.min(hops, values.length))
  }
}

/** `[2001:db8::1]:80`, `192.0.2.1:80` and `[2001:db8::1]` each give the address in them. */
const withoutPort = (text: string) =>
  text.includes(':') ? text.replace(/^\[([^\]]*)\](:\d+)?$|^([\d.]+):\d+$/, '$1$3') : text

const nowhere = () => undefined

const list = (header: string | null) =>
  (header ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')

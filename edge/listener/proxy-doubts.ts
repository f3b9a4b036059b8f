import { getLogger } from '@logtape/logtape'
import { type Peer, saysHttps } from '../../shared/http/forwarded.ts'
import { UntrustedProxies } from '../../shared/http/untrusted-proxies.ts'
import type { ForwardedFacts } from './forwarded.ts'

const logger = getLogger(['distributary', 'edge'])

/** parts that nearly no request has; without them the rest is not parsed */
const mayLoop = /^(?:127\.|0\.|localhost|\[::)/i

/** Tells the operator, once each, of requests which show that a proxy stands before this edge, and that the settings do not say so. */
export class ProxyDoubts {
  #untrusted = new UntrustedProxies()
  #looksForLoops: boolean

  constructor(publicUrls: readonly string[]) {
    this.#looksForLoops = publicUrls.length === 0
  }

  look(facts: ForwardedFacts, headers: { get(name: string): string | null }, { address }: Peer): void {
    if (saysHttps(headers) && facts.hidesHttps && address !== undefined && this.#untrusted.isNew(address))
      logger.warning('a proxy that is not trusted says https; name it in TRUSTED_PROXIES if it is yours', {
        address,
      })
    if (!this.#looksForLoops || !mayLoop.test(headers.get('host') ?? '') || !facts.isLooped) return
    this.#looksForLoops = false
    logger.warning(
      'the own address is not known: a proxy asks for a loopback host; set PUBLIC_URL, or have the proxy send Host and X-Forwarded-For, and name it in TRUSTED_PROXIES',
      { host: headers.get('host') },
    )
  }
}

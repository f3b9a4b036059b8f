import { getLogger } from '@logtape/logtape'
import { isIn } from '../../shared/http/address.ts'
import { ForwardedClient, type Peer, saysHttps } from '../../shared/http/forwarded.ts'
import { UntrustedProxies } from '../../shared/http/untrusted-proxies.ts'
import type { OriginConfig } from '../config/config.ts'

const log = getLogger(['distributary', 'http'])

/** A client whose address is known. */
export type KnownPeer = Peer & { readonly address: string }

/** The proxies before this server, and the clients behind them. */
export class Proxies {
  #config: Pick<OriginConfig, 'trustedProxies'>
  #untrusted = new UntrustedProxies()

  constructor(config: Pick<OriginConfig, 'trustedProxies'>) {
    this.#config = config
  }

  trusts(address: string): boolean {
    const { trustedProxies } = this.#config
    return trustedProxies.length > 0 && isIn(address, trustedProxies)
  }

  /** The client of a request: the peer, or the client that a trusted one names. */
  clientOf(headers: ReadonlyMap<string, string>, peer: KnownPeer): KnownPeer {
    if (!this.trusts(peer.address)) {
      if (!peer.secure && saysHttps(headers) && this.#untrusted.isNew(peer.address))
        log.warn('a proxy that is not trusted says https; name it in --trusted-proxies if it is yours', {
          address: peer.address,
        })
      return peer
    }
    const { address = peer.address, secure } = new ForwardedClient(headers, peer, this.#config.trustedProxies)
    return { address, secure }
  }
}

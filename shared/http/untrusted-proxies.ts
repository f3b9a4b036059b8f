import { limits } from '../limits.ts'
import { isLocal } from './address.ts'

/** The addresses of proxies that are not trusted, each told once; anyone can pose as one, so they are bounded. */
export class UntrustedProxies {
  #local = new Set<string>()
  #others = new Set<string>()

  /** Whether to tell about this address now. */
  isNew(address: string): boolean {
    const told = isLocal(address) ? this.#local : this.#others
    if (told.size >= limits.untrustedProxiesMax || told.has(address)) return false
    told.add(address)
    return true
  }
}

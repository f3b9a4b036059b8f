import { getLogger } from '@logtape/logtape'
import type { OriginConfig } from '../config/config.ts'
import { WatchedFile } from '../lib/watched-file.ts'
import { type AddressList, parseAddressList } from './address-list.ts'
import { authLimits as limits } from './limits.ts'

const log = getLogger(['distributary', 'auth'])

/** Accepts connections by address: those listed in `allow-ip`, or all if it is not set, minus those listed in `deny-ip`. */
export class AddressGate {
  #config: Pick<OriginConfig, 'paths'>
  #nowMs: () => number
  #deny: WatchedFile<AddressList> | undefined
  #allow: WatchedFile<AddressList> | undefined

  constructor(config: Pick<OriginConfig, 'paths'>, nowMs: () => number) {
    this.#config = config
    this.#nowMs = nowMs
  }

  /**
   * Whether an address may connect. If a list becomes unreadable, its last contents stay in effect. An `allow-ip` that was
   * never readable rejects all addresses; a `deny-ip` that was never readable rejects none.
   */
  lets(address: string): boolean {
    const { denyIp, allowIp } = this.#config.paths
    this.#deny = this.#watch(this.#deny, denyIp, 'its last addresses stay denied')
    this.#allow = this.#watch(this.#allow, allowIp, 'its last addresses stay allowed, and no others')
    if (this.#deny?.current()?.has(address)) return false
    return this.#allow === undefined || this.#allow.current()?.has(address) === true
  }

  /** The file at a path; reuses `held` if it has the same path. */
  #watch(
    held: WatchedFile<AddressList> | undefined,
    path: string | undefined,
    consequence: string,
  ): WatchedFile<AddressList> | undefined {
    if (held?.path === path) return held
    if (path === undefined) return undefined
    return new WatchedFile(path, {
      everyMs: limits.addressesEveryMs,
      nowMs: this.#nowMs,
      parse(text) {
        const list = parseAddressList(text)
        for (const { line, why } of list.bad)
          log.warn('invalid line in address list', { file: path, line, why })
        return list
      },
      onUnreadable: (error) =>
        log.error('cannot read address list', { file: path, consequence, why: String(error) }),
    })
  }
}

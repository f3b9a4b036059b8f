import { getLogger } from '@logtape/logtape'
import type { OriginConfig } from '../config/config.ts'
import { WatchedFile } from '../lib/watched-file.ts'
import { type AddressList, parseAddressList } from './address-list.ts'
import { accessLimits as limits } from './limits.ts'

const log = getLogger(['distributary', 'auth'])

/** Which addresses may connect at all: those that `allow-ip` lists, where there is one, less those that `deny-ip` does. */
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
   * Whether an address may connect. A list that cannot be read goes on saying what it last said; where `allow-ip` never
   * could be read nobody may, and where `deny-ip` never could everybody.
   */
  lets(address: string): boolean {
    const { denyIp, allowIp } = this.#config.paths
    this.#deny = this.#watch(this.#deny, denyIp, 'its last addresses stay denied')
    this.#allow = this.#watch(this.#allow, allowIp, 'its last addresses stay allowed, and no others')
    if (this.#deny?.current()?.has(address)) return false
    return this.#allow === undefined || this.#allow.current()?.has(address) === true
  }

  /** The file at a path; the one held before, where it is that. */
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
          log.warn('a line of a list of addresses is not understood', { file: path, line, why })
        return list
      },
      onUnreadable: (error) =>
        log.error('a list of addresses cannot be read', { file: path, consequence, why: String(error) }),
    })
  }
}

import { getLogger } from '@logtape/logtape'
import { type StoreError, storeErrorOf } from './store-error.ts'

const logger = getLogger(['distributary', 'cluster'])

/** ms between two test writes to the store: anyone may request a health check */
const checkMs = 1000
/** ms for which a failed report outweighs a test write: twice the longest interval of our own servers */
const troubleStandsMs = 60_000

/** Whether writes to the store succeed. The log shows when failures begin and end. */
export class StoreWrites {
  /** why the last write failed; undefined: it did not */
  #trouble: StoreError | undefined
  #troubleAtMs = 0
  #checkedAtMs = Number.NEGATIVE_INFINITY

  /** Runs a write, and returns the failure if there is one. */
  try(nowMs: number, write: () => void): StoreError | undefined {
    try {
      write()
    } catch (error) {
      const trouble = storeErrorOf(error)
      if (!this.#trouble) logger.error('store writes fail', { why: trouble.message })
      this.#trouble = trouble
      this.#troubleAtMs = nowMs
      return trouble
    }
    if (this.#trouble) logger.info('store writes work again', {})
    this.#trouble = undefined
    return undefined
  }

  /**
   * Throws if writes fail. A few bytes may fit where a report does not, so a recent failure of a report counts first; else
   * a small write is tried, at most once a second.
   */
  check(nowMs: number, write: () => void): void {
    const isTold = this.#trouble?.trouble === 'failed' && nowMs - this.#troubleAtMs < troubleStandsMs
    if (!isTold && nowMs - this.#checkedAtMs >= checkMs) {
      this.#checkedAtMs = nowMs
      this.try(nowMs, write)
    }
    if (this.#trouble) throw this.#trouble
  }
}

import { createHmac, randomBytes } from 'node:crypto'
import { getLogger } from '@logtape/logtape'
import { networkOfPeer } from '../lib/network.ts'
import type { Timers } from '../lib/timers.ts'
import { authLimits as limits } from './limits.ts'

const log = getLogger(['distributary', 'auth'])

/** A login that was rejected. */
export interface WrongLogin {
  /** where it was used: `admin`, `listener`, `relay`, `source`, `shoutcast`, `stats`, `titles` */
  door: string
  address: string
  /** undefined: a password without a user */
  user: string | undefined
  /** of the request */
  path: string
}

/** Recent wrong logins of one network or user; each is forgotten after a while. */
interface Count {
  count: number
  atMs: number
  /** log lines that it may still get */
  lines: number
  /** wrong logins since its last log line */
  unlogged: number
}

/** A network whose wrong logins wait for their answers, and its logins that wait to be checked. */
interface Slowed {
  answers: number
  waiting: (() => void)[]
  /** a timer will check the waiting logins */
  isCalled: boolean
}

/**
 * Slows down password guessing, and logs it, without locking out correct logins: the answer to a wrong login is delayed,
 * longer the more there were of its network or its user. If many answers of one network wait, further logins of that
 * network are checked in turn, so opening more connections does not speed up guessing; a login that was correct before
 * is checked at once.
 */
export class WrongLogins {
  #nowMs: () => number
  #timers: Pick<Timers, 'after'>
  #ofNetwork = new Map<string, Count>()
  #ofUser = new Map<string, Count>()
  /** log lines that may be written now */
  #lines: { left: number; atMs: number } = { left: limits.wrongLinesMax, atMs: 0 }
  #slowed = new Map<string, Slowed>()
  #answers = 0
  /** keyed digests of correct logins, the newest last */
  #right = new Set<string>()
  #key = randomBytes(32)

  constructor({ nowMs, timers }: { nowMs: () => number; timers: Pick<Timers, 'after'> }) {
    this.#nowMs = nowMs
    this.#timers = timers
  }

  /**
   * Remembers a correct login, so that wrong logins of its network do not delay it from this address. From another address
   * it is delayed: while logins are refused unchecked, one that passes would be recognized as correct at once.
   */
  right(address: string, authorization: string | undefined): void {
    if (authorization === undefined) return
    const digest = this.#digestOf(address, authorization)
    this.#right.delete(digest)
    this.#right.add(digest)
    if (this.#right.size > limits.rightLoginsMax) this.#right.delete(first(this.#right) ?? '')
  }

  /** When a login may be checked: undefined: at once; `busy`: too many of its network wait. */
  turn(address: string, authorization: string): Promise<void> | 'busy' | undefined {
    const slowed = this.#slowed.get(networkOfPeer(address))
    if (!slowed || slowed.answers < limits.wrongPerNetworkMax) return undefined
    if (this.#right.has(this.#digestOf(address, authorization))) return undefined
    if (slowed.waiting.length >= limits.loginsWaitingMax) return 'busy'
    return new Promise((resolve) => slowed.waiting.push(resolve))
  }

  /** Logs a wrong login; resolves when it may be answered. */
  wrong(login: WrongLogin): Promise<void> {
    const network = networkOfPeer(login.address)
    const user = login.user?.slice(0, limits.userBytesMax)
    const ofNetwork = this.#add(this.#ofNetwork, network)
    const counts = [ofNetwork.count]
    if (user !== undefined) counts.push(this.#add(this.#ofUser, user).count)
    this.#tell({ ...login, user }, ofNetwork)
    return this.#slow(network, slownessMs(Math.max(...counts)))
  }

  #add(counts: Map<string, Count>, key: string): Count {
    const nowMs = this.#nowMs()
    const before = counts.get(key) ?? {
      count: 0,
      atMs: nowMs,
      lines: limits.wrongLinesPerNetworkMax,
      unlogged: 0,
    }
    counts.delete(key)
    const forgotten = (nowMs - before.atMs) / limits.wrongForgottenMs
    const count: Count = {
      count: Math.max(0, before.count - forgotten) + 1,
      atMs: nowMs,
      lines: Math.min(limits.wrongLinesPerNetworkMax, before.lines + forgotten),
      unlogged: before.unlogged,
    }
    counts.set(key, count)
    if (counts.size > limits.wrongCountsMax) counts.delete(first(counts.keys()) ?? '')
    return count
  }

  /** Logs the first few one by one, then now and then a line with their count; also bounded over all networks. */
  #tell({ door, address, user, path }: WrongLogin, ofNetwork: Count): void {
    const nowMs = this.#nowMs()
    const { left, atMs } = this.#lines
    this.#lines = { left: Math.min(limits.wrongLinesMax, left + (nowMs - atMs) / 1000), atMs: nowMs }
    ofNetwork.unlogged++
    if (ofNetwork.lines < 1 || this.#lines.left < 1) return
    this.#lines.left--
    ofNetwork.lines--
    const times = ofNetwork.unlogged
    ofNetwork.unlogged = 0
    log.warn('wrong login', { door, address, user, path: path.slice(0, limits.loggedPathMax), times })
  }

  async #slow(network: string, ms: number): Promise<void> {
    // bounds the memory if many networks guess
    if (ms === 0 || this.#answers >= limits.wrongAnswersMax) return
    const slowed: Slowed = this.#slowed.get(network) ?? { answers: 0, waiting: [], isCalled: false }
    this.#slowed.set(network, slowed)
    slowed.answers++
    this.#answers++
    await new Promise<void>((resolve) => this.#timers.after(ms, resolve))
    slowed.answers--
    this.#answers--
    slowed.waiting.shift()?.()
    this.#checkRest(network, slowed)
  }

  /** Checks waiting logins when few answers wait: the end of a wait calls only one login, and all of them may be correct. */
  #checkRest(network: string, slowed: Slowed): void {
    if (this.#slowed.get(network) !== slowed) return
    if (slowed.answers === 0 && slowed.waiting.length === 0) this.#slowed.delete(network)
    if (slowed.waiting.length === 0 || slowed.isCalled) return
    slowed.isCalled = true
    this.#timers.after(limits.wrongMsMax, () => {
      slowed.isCalled = false
      const room = Math.max(0, limits.wrongPerNetworkMax - slowed.answers)
      for (const check of slowed.waiting.splice(0, room)) check()
      this.#checkRest(network, slowed)
    })
  }

  #digestOf(address: string, authorization: string): string {
    return createHmac('sha256', this.#key).update(`${address} ${authorization}`).digest('base64')
  }
}

/** ms of delay for the answer to the latest of this many wrong logins. */
function slownessMs(count: number): number {
  const beyond = Math.ceil(count - limits.wrongFreely)
  return beyond <= 0 ? 0 : Math.min(limits.wrongMsMax, limits.wrongMs * 2 ** (beyond - 1))
}

const first = <T>(values: Iterable<T>): T | undefined => {
  for (const value of values) return value
  return undefined
}

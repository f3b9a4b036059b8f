import { createHmac, randomBytes } from 'node:crypto'
import { getLogger } from '@logtape/logtape'
import { networkOfPeer } from '../lib/network.ts'
import type { Timers } from '../lib/timers.ts'
import { accessLimits as limits } from './limits.ts'

const log = getLogger(['distributary', 'auth'])

/** A login that was shown and is nobody's. */
export interface WrongLogin {
  /** where: `admin`, `listener`, `relay`, `source`, `shoutcast`, `stats`, `titles` */
  door: string
  address: string
  /** undefined: a password alone was shown */
  user: string | undefined
  /** the path that was asked for */
  path: string
}

/** How many wrong logins one network or user has had of late: each is forgotten after a while. */
interface Count {
  count: number
  atMs: number
  /** lines of the log that it may still have */
  lines: number
  /** not logged since the last that was */
  unlogged: number
}

/** A network whose wrong logins wait for their answers, and the logins behind them. */
interface Slowed {
  answers: number
  waiting: (() => void)[]
  /** the rest will be looked at */
  isCalled: boolean
}

/**
 * Slows who guesses passwords, and tells of it, without keeping out who knows one: a wrong login waits for its answer,
 * longer the more there were of its network or its user. Where many of one network wait, the next logins of that network
 * are looked at in their turn, so that opening more connections guesses no faster; what has been right before passes.
 */
export class WrongLogins {
  #nowMs: () => number
  #timers: Pick<Timers, 'after'>
  #ofNetwork = new Map<string, Count>()
  #ofUser = new Map<string, Count>()
  /** lines that may be written now */
  #lines: { left: number; atMs: number } = { left: limits.wrongLinesMax, atMs: 0 }
  #slowed = new Map<string, Slowed>()
  #answers = 0
  /** keyed digests of logins that have been right, the newest last */
  #right = new Set<string>()
  #key = randomBytes(32)

  constructor({ nowMs, timers }: { nowMs: () => number; timers: Pick<Timers, 'after'> }) {
    this.#nowMs = nowMs
    this.#timers = timers
  }

  /**
   * This login proves something: from this address it is not to be kept waiting by wrong ones of its network. From another it
   * is: where so many wait that the rest is refused unseen, one that passes all the same would be told from a wrong one at once.
   */
  right(address: string, authorization: string | undefined): void {
    if (authorization === undefined) return
    const digest = this.#digestOf(address, authorization)
    this.#right.delete(digest)
    this.#right.add(digest)
    if (this.#right.size > limits.rightLoginsMax) this.#right.delete(first(this.#right) ?? '')
  }

  /** When a login may be looked at: undefined for at once; `busy` where too many of its network wait. */
  turn(address: string, authorization: string): Promise<void> | 'busy' | undefined {
    const slowed = this.#slowed.get(networkOfPeer(address))
    if (!slowed || slowed.answers < limits.wrongPerNetworkMax) return undefined
    if (this.#right.has(this.#digestOf(address, authorization))) return undefined
    if (slowed.waiting.length >= limits.loginsWaitingMax) return 'busy'
    return new Promise((resolve) => slowed.waiting.push(resolve))
  }

  /** Tells of a wrong login; resolves when it may be answered. */
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

  /** Each of a few, then one now and then that says how many there were since; and so of all networks together. */
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
    // a crowd of networks is not to fill the memory
    if (ms === 0 || this.#answers >= limits.wrongAnswersMax) return
    const slowed: Slowed = this.#slowed.get(network) ?? { answers: 0, waiting: [], isCalled: false }
    this.#slowed.set(network, slowed)
    slowed.answers++
    this.#answers++
    await new Promise<void>((resolve) => this.#timers.after(ms, resolve))
    slowed.answers--
    this.#answers--
    slowed.waiting.shift()?.()
    this.#lookAtRest(network, slowed)
  }

  /** Where fewer answers wait than may, they call too few of the logins behind, which may all be right. */
  #lookAtRest(network: string, slowed: Slowed): void {
    if (this.#slowed.get(network) !== slowed) return
    if (slowed.answers === 0 && slowed.waiting.length === 0) this.#slowed.delete(network)
    if (slowed.waiting.length === 0 || slowed.isCalled) return
    slowed.isCalled = true
    this.#timers.after(limits.wrongMsMax, () => {
      slowed.isCalled = false
      const room = Math.max(0, limits.wrongPerNetworkMax - slowed.answers)
      for (const look of slowed.waiting.splice(0, room)) look()
      this.#lookAtRest(network, slowed)
    })
  }

  #digestOf(address: string, authorization: string): string {
    return createHmac('sha256', this.#key).update(`${address} ${authorization}`).digest('base64')
  }
}

/** ms before the answer to the latest of so many wrong logins. */
function slownessMs(count: number): number {
  const beyond = Math.ceil(count - limits.wrongFreely)
  return beyond <= 0 ? 0 : Math.min(limits.wrongMsMax, limits.wrongMs * 2 ** (beyond - 1))
}

const first = <T>(values: Iterable<T>): T | undefined => {
  for (const value of values) return value
  return undefined
}

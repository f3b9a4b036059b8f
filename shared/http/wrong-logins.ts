import { getLogger } from '@logtape/logtape'
import { type BucketRate, Buckets } from '../bucket.ts'
import { FewLines } from '../log/few-lines.ts'

const logger = getLogger(['distributary', 'auth'])

/** A login that was rejected. */
export interface WrongLogin {
  /** where it was used: a fixed word for the log */
  door: string
  address: string | undefined
  /** undefined: a password without a user */
  user: string | undefined
  /** of the request */
  path?: string
  /** why no login works there, or what the client may have meant instead; undefined: it is just wrong */
  why?: string | undefined
}

/** The bounds of {@link WrongLogins}; networks and users that are counted, and logins that are remembered, have one each. */
export interface WrongLoginBounds {
  /** wrong logins of one network that are answered at once … */
  ofNetwork: BucketRate
  /** … and for one user, from any network */
  ofUser: BucketRate
  /** how many more than those are counted, and have to be forgotten before one is answered at once again */
  debtMax: number
  /** ms by which the answer to the next one is delayed, doubled with each further one, and the maximum */
  delayMs: number
  delayMsMax: number
  /** delayed answers of one network at one time: its further logins wait until they are checked, or are not checked */
  delayedMax: number
  /** logins of one network that wait to be checked */
  queuedMax: number
  /** delayed answers of all networks */
  allDelayedMax: number
  /** networks, and users; the oldest are forgotten */
  countedMax: number
  /** right logins; the oldest are forgotten */
  rightMax: number
  /** log lines of all networks, and of one */
  lines: BucketRate
  linesOfNetwork: BucketRate
  /** characters of a user and of a path that are counted and logged */
  userLengthMax: number
  pathLengthMax: number
}

export interface WrongLoginDeps {
  nowMs: () => number
  sleep: (ms: number) => Promise<unknown>
  /** the network of an address: wrong logins are counted by it */
  networkOf: (address: string | undefined) => string
  /** the key by which a right login from this address is remembered */
  keyOf: (address: string | undefined, authorization: string) => string
  /** Called for each wrong login that is logged. */
  told?: ((login: WrongLogin) => void) | undefined
}

/** A network whose wrong logins wait for their answers, and its logins that wait to be checked. */
interface Slowed {
  answers: number
  waiting: (() => void)[]
  /** a timer will check the waiting logins */
  isCalled: boolean
}

/**
 * Slows down password guessing, and logs it, without locking out right logins: the answer to a wrong login is delayed, longer
 * the more there were of its network or its user. If many answers of one network wait, further logins of that network are
 * checked in turn or not at all, so more connections guess no faster; a login that was right before is checked at once.
 */
export class WrongLogins {
  readonly #deps: WrongLoginDeps
  readonly #bounds: WrongLoginBounds
  readonly #ofNetwork: Buckets
  readonly #ofUser: Buckets
  readonly #slowed = new Map<string, Slowed>()
  #answers = 0
  /** keys of right logins, the newest last */
  readonly #right = new Set<string>()
  readonly #lines: FewLines
  readonly #linesOfNetwork: Buckets
  /** by network: wrong logins since its last log line */
  readonly #untold = new Map<string, number>()

  constructor(deps: WrongLoginDeps, bounds: WrongLoginBounds) {
    this.#deps = deps
    this.#bounds = bounds
    this.#ofNetwork = new Buckets(bounds.ofNetwork, bounds.countedMax)
    this.#ofUser = new Buckets(bounds.ofUser, bounds.countedMax)
    this.#lines = new FewLines(bounds.lines)
    this.#linesOfNetwork = new Buckets(bounds.linesOfNetwork, bounds.countedMax)
  }

  /** Remembers a right login, so that wrong logins of its network do not delay it. */
  right(address: string | undefined, authorization: string | undefined): void {
    if (authorization === undefined) return
    const key = this.#deps.keyOf(address, authorization)
    this.#right.delete(key)
    this.#right.add(key)
    if (this.#right.size > this.#bounds.rightMax) this.#right.delete(first(this.#right) ?? '')
  }

  wasRight(address: string | undefined, authorization: string): boolean {
    return this.#right.has(this.#deps.keyOf(address, authorization))
  }

  /** When a login may be checked: undefined: at once; `busy`: too many of its network wait. */
  turn(address: string | undefined, authorization: string): Promise<void> | 'busy' | undefined {
    const slowed = this.#slowed.get(this.#deps.networkOf(address))
    if (!slowed || slowed.answers < this.#bounds.delayedMax) return undefined
    if (this.wasRight(address, authorization)) return undefined
    if (slowed.waiting.length >= this.#bounds.queuedMax) return 'busy'
    return new Promise((resolve) => slowed.waiting.push(resolve))
  }

  /** Whether the next wrong login of this network is answered late. */
  isLate(address: string | undefined): boolean {
    return this.#ofNetwork.levelOf(this.#deps.networkOf(address), this.#deps.nowMs()) < 1
  }

  /** Logs and counts a wrong login; resolves when it may be answered. */
  wrong(login: WrongLogin): Promise<void> {
    return this.#slow(this.#deps.networkOf(login.address), this.note(login))
  }

  /** Logs and counts a wrong login, for a caller who answers it at once. Returns the ms by which its answer should be delayed. */
  note(login: WrongLogin): number {
    const network = this.#deps.networkOf(login.address)
    const user = login.user?.slice(0, this.#bounds.userLengthMax)
    const nowMs = this.#deps.nowMs()
    const { debtMax } = this.#bounds
    const levels = [this.#ofNetwork.owe(network, debtMax, nowMs)]
    if (user !== undefined) levels.push(this.#ofUser.owe(user, debtMax, nowMs))
    this.#tell({ ...login, user }, network, nowMs)
    return this.#delayMs(Math.ceil(-Math.min(...levels)))
  }

  /** @param beyond wrong logins more than those that are answered at once */
  #delayMs(beyond: number): number {
    const { delayMs, delayMsMax } = this.#bounds
    return beyond <= 0 ? 0 : Math.min(delayMsMax, delayMs * 2 ** (beyond - 1))
  }

  /** Logs the first few one by one, then now and then a line with their count; also bounded over all networks. */
  #tell({ door, address, user, path, why }: WrongLogin, network: string, nowMs: number): void {
    const times = (this.#untold.get(network) ?? 0) + 1
    this.#untold.delete(network) // the newest stands last
    this.#untold.set(network, times)
    if (this.#untold.size > this.#bounds.countedMax) this.#untold.delete(first(this.#untold.keys()) ?? '')
    const leftOut =
      this.#linesOfNetwork.levelOf(network, nowMs) < 1 ? this.#lines.leaveOut() : this.#lines.next(nowMs)
    if (leftOut === undefined) return
    this.#linesOfNetwork.take(network, 1, nowMs)
    this.#untold.delete(network)
    const shownPath = path?.slice(0, this.#bounds.pathLengthMax)
    logger.warning('wrong login', {
      door,
      address,
      user,
      ...(path !== undefined && { path: shownPath }),
      ...(why !== undefined && { why }),
      times,
      leftOut,
    })
    this.#deps.told?.({ door, address, user })
  }

  async #slow(network: string, ms: number): Promise<void> {
    // bounds the memory if many networks guess
    if (ms === 0 || this.#answers >= this.#bounds.allDelayedMax) return
    const slowed: Slowed = this.#slowed.get(network) ?? { answers: 0, waiting: [], isCalled: false }
    this.#slowed.set(network, slowed)
    slowed.answers++
    this.#answers++
    await this.#deps.sleep(ms)
    slowed.answers--
    this.#answers--
    slowed.waiting.shift()?.()
    this.#checkRest(network, slowed)
  }

  /** Checks waiting logins when few answers wait: the end of a wait calls only one login, and all of them may be right. */
  #checkRest(network: string, slowed: Slowed): void {
    if (this.#slowed.get(network) !== slowed) return
    if (slowed.answers === 0 && slowed.waiting.length === 0) this.#slowed.delete(network)
    if (slowed.waiting.length === 0 || slowed.isCalled) return
    slowed.isCalled = true
    void this.#deps.sleep(this.#bounds.delayMsMax).then(() => {
      slowed.isCalled = false
      const room = Math.max(0, this.#bounds.delayedMax - slowed.answers)
      for (const check of slowed.waiting.splice(0, room)) check()
      this.#checkRest(network, slowed)
    })
  }
}

const first = <T>(values: Iterable<T>): T | undefined => {
  for (const value of values) return value
  return undefined
}

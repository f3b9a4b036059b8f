import { getLogger } from '@logtape/logtape'
import { Buckets } from '../bucket.ts'
import { limits } from '../limits.ts'
import { networkOf } from './address.ts'
import { type Login, parseBasic } from './credentials.ts'

const logger = getLogger(['distributary', 'auth'])

/** What a request shows at a door. */
export interface Caller {
  /** its `Authorization` */
  header: string | null | undefined
  /** where it comes from; undefined: not known */
  address: string | undefined
  /** what it wants: a fixed word for the log */
  door: string
}

/** Whom a login proves, or why nobody: it is wrong or absent, or so many wrong ones of its network wait that it was not looked at. */
export type Judged<T> = { who: T } | { status: 401 | 429 }

/** Where logins are looked at. */
export interface Door {
  judge<T>(caller: Caller, prove: (login: Login) => T | undefined): Promise<Judged<T>>
}

/** A door that only looks: whoever answers behind it logs and slows what is wrong. */
export const plainDoor: Door = {
  async judge({ header }, prove) {
    const login = parseBasic(header)
    const who = login && prove(login)
    return who === undefined ? { status: 401 } : { who }
  },
}

export interface DoorDeps {
  nowMs: () => number
  sleep: (ms: number) => Promise<unknown>
}

/**
 * The one place where an edge looks at logins. Wrong ones are logged, a few a second, and after some of them from one network
 * or for one user each is answered late; of a network only so many wait at once, so that more connections guess no faster. A
 * right login is answered at once; one that was right before from the same network is looked at however many wrong ones wait.
 */
export class LoginDoor implements Door {
  #deps: DoorDeps
  #networks = new Buckets(limits.wrongLoginsOfNetwork, limits.loginsCountedMax)
  #users = new Buckets(limits.wrongLoginsOfUser, limits.loginsCountedMax)
  #lines = new Buckets(limits.wrongLoginLines, 1)
  #linesLeftOut = 0
  /** answers that wait, by network */
  #waiting = new Map<string, number>()
  /** logins that were right, with the network that they came from; the newest last */
  #right = new Set<string>()

  constructor(deps: DoorDeps) {
    this.#deps = deps
  }

  /** Looks at a login; what is wrong may be told late. */
  async judge<T>(caller: Caller, prove: (login: Login) => T | undefined): Promise<Judged<T>> {
    const network = networkIn(caller.address)
    if (this.#isCrowded(network) && !this.#wasRight(network, caller.header)) return { status: 429 }
    const who = this.#look(caller, network, prove)
    if (who !== undefined) return { who }
    if (caller.header && this.#isWrongTooOften(network, userIn(caller.header))) await this.#wait(network)
    return { status: 401 }
  }

  /**
   * The same at a mount, which answers at once whoever it is: logins there are mostly listeners' and mean nothing to us. A
   * network of which wrong ones are late is not told by where it is sent whether one was right.
   * @param isOurs whether a user is one of ours, so that a wrong password for it is a guess
   */
  judgeNow<T>(
    caller: Caller,
    prove: (login: Login) => T | undefined,
    isOurs: (user: string) => boolean,
  ): T | undefined {
    const login = parseBasic(caller.header)
    if (!login || !isOurs(login.user)) return undefined
    const network = networkIn(caller.address)
    const isLate = this.#networks.levelOf(network, this.#deps.nowMs()) < 1
    if (isLate && !this.#wasRight(network, caller.header)) return undefined
    const who = this.#look(caller, network, prove)
    if (who === undefined) this.#isWrongTooOften(network, login.user)
    return who
  }

  #look<T>(caller: Caller, network: string, prove: (login: Login) => T | undefined): T | undefined {
    const login = parseBasic(caller.header)
    const who = login && prove(login)
    if (who !== undefined) this.#remember(network, caller.header)
    else if (caller.header) this.#log(caller, login?.user ?? '')
    return who
  }

  /** Counts a wrong login; true where it is one too many. */
  #isWrongTooOften(network: string, user: string): boolean {
    const nowMs = this.#deps.nowMs()
    const fromHere = this.#networks.take(network, 1, nowMs)
    return !this.#users.take(user, 1, nowMs) || !fromHere
  }

  #isCrowded = (network: string) => (this.#waiting.get(network) ?? 0) >= limits.wrongLoginsWaitingMax

  async #wait(network: string): Promise<void> {
    this.#waiting.set(network, (this.#waiting.get(network) ?? 0) + 1)
    try {
      await this.#deps.sleep(limits.wrongLoginMs)
    } finally {
      const left = (this.#waiting.get(network) ?? 1) - 1
      if (left > 0) this.#waiting.set(network, left)
      else this.#waiting.delete(network)
    }
  }

  #wasRight = (network: string, header: Caller['header']) => this.#right.has(`${network} ${header}`)

  #remember(network: string, header: Caller['header']): void {
    const key = `${network} ${header}`
    if (this.#right.has(key)) return
    this.#right.add(key)
    const [oldest] = this.#right
    if (this.#right.size > limits.loginsCountedMax && oldest !== undefined) this.#right.delete(oldest)
  }

  /** One line each, so many a second; of the others how many there were. */
  #log({ door, address }: Caller, user: string): void {
    if (!this.#lines.take('', 1, this.#deps.nowMs())) {
      this.#linesLeftOut++
      return
    }
    const leftOut = this.#linesLeftOut
    this.#linesLeftOut = 0
    logger.warning('{door} from {address} was refused: a wrong login of {user}', {
      door,
      address,
      user: user.slice(0, limits.loggedUserLengthMax),
      leftOut,
    })
  }
}

/** Who has one address of IPv6 has a /64 of them. */
const networkIn = (address: string | undefined): string =>
  (address === undefined ? undefined : networkOf(address, { ipv4: 32, ipv6: 64 })) ?? 'unknown'

const userIn = (header: string): string => parseBasic(header)?.user.slice(0, limits.loggedUserLengthMax) ?? ''

/** By the timers that every runtime has. */
export const sleep = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms))

import { getLogger } from '@logtape/logtape'
import { Buckets } from '../bucket.ts'
import { limits } from '../limits.ts'
import { FewLines } from '../log/few-lines.ts'
import { networkOf } from './address.ts'
import { type Login, parseBasic } from './credentials.ts'

const logger = getLogger(['distributary', 'auth'])

/** What a request presents at a door. */
export interface Caller {
  /** its `Authorization` */
  header: string | null | undefined
  /** the client's address; undefined if unknown */
  address: string | undefined
  /** what it asks for: a fixed word for the log */
  door: string
}

/** The identity that a login proves, or why it proves none: 401, wrong or absent; 429, not checked, since too many wrong ones of its network wait. */
export type Judged<T> = { who: T } | { status: 401 | 429 }

/** Where logins are checked. */
export interface Door {
  judge<T>(caller: Caller, prove: (login: Login) => T | undefined): Promise<Judged<T>>
}

/** A door that only checks: the program around it logs wrong logins and delays their answers. It logs requests without a login. */
export function plainDoor(nowMs: () => number): Door {
  const lines = new FewLines(limits.noLoginLines)
  return {
    async judge(caller, prove) {
      const login = parseBasic(caller.header)
      const who = login && prove(login)
      if (!caller.header) logNoLogin(caller, lines, nowMs())
      return who === undefined ? { status: 401 } : { who }
    },
  }
}

function logNoLogin({ door, address }: Caller, lines: FewLines, nowMs: number): void {
  const leftOut = lines.next(nowMs)
  if (leftOut === undefined) return
  logger.warning('no login', { door, address, leftOut })
}

export interface DoorDeps {
  nowMs: () => number
  sleep: (ms: number) => Promise<unknown>
}

/**
 * The one place where an edge checks logins. Wrong ones are logged, a few a second. After a number of them from one network
 * or for one user, each further answer is delayed; the number of delayed answers per network is bounded, so that more
 * connections do not guess faster. A right login is answered at once. A login that was right before from the same network is
 * checked no matter how many wrong ones wait.
 */
export class LoginDoor implements Door {
  #deps: DoorDeps
  #networks = new Buckets(limits.wrongLoginsOfNetwork, limits.loginsCountedMax)
  #users = new Buckets(limits.wrongLoginsOfUser, limits.loginsCountedMax)
  #wrongLines = new FewLines(limits.wrongLoginLines)
  #noLoginLines = new FewLines(limits.noLoginLines)
  /** delayed answers, by network */
  #waiting = new Map<string, number>()
  /** right logins, each with the network that it came from; the newest last */
  #right = new Set<string>()

  constructor(deps: DoorDeps) {
    this.#deps = deps
  }

  /** Checks a login; the answer to a wrong one may be delayed. */
  async judge<T>(caller: Caller, prove: (login: Login) => T | undefined): Promise<Judged<T>> {
    const network = networkIn(caller.address)
    if (this.#isCrowded(network) && !this.#wasRight(network, caller.header)) return { status: 429 }
    const who = this.#look(caller, network, prove)
    if (who !== undefined) return { who }
    if (caller.header && this.#isWrongTooOften(network, userIn(caller.header))) await this.#wait(network)
    return { status: 401 }
  }

  /**
   * Checks a login at a mount, which is always answered at once: most logins there are the listeners' own and mean nothing
   * to the edge. Once the wrong logins of a network are delayed, the redirect does not reveal whether one of them was right.
   * @param isOurs whether the edge knows this user, so that a wrong password for it is a guess
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
    if (login && who !== undefined) this.#remember(network, login)
    else if (caller.header) this.#log(caller, login?.user ?? '')
    else logNoLogin(caller, this.#noLoginLines, this.#deps.nowMs())
    return who
  }

  /** Counts a wrong login; true if it is one too many. */
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

  #wasRight(network: string, header: Caller['header']): boolean {
    const login = parseBasic(header)
    return login !== undefined && this.#right.has(rightKey(network, login))
  }

  #remember(network: string, login: Login): void {
    const key = rightKey(network, login)
    if (this.#right.has(key)) return
    this.#right.add(key)
    const [oldest] = this.#right
    if (this.#right.size > limits.loginsCountedMax && oldest !== undefined) this.#right.delete(oldest)
  }

  /** Logs one line per wrong login within the rate, then how many were left out. */
  #log({ door, address }: Caller, user: string): void {
    const leftOut = this.#wrongLines.next(this.#deps.nowMs())
    if (leftOut === undefined) return
    logger.warning('wrong login', {
      door,
      address,
      user: user.slice(0, limits.loggedUserLengthMax),
      leftOut,
    })
  }
}

/** An IPv6 host usually has a whole /64, so that counts as one network. */
const networkIn = (address: string | undefined): string =>
  (address === undefined ? undefined : networkOf(address, { ipv4: 32, ipv6: 64 })) ?? 'unknown'

/** The login that was proven, and not its header: with blanks one login can be written in thousands of ways. */
const rightKey = (network: string, { user, password }: Login) => `${network} ${user}:${password}`

const userIn = (header: string): string => parseBasic(header)?.user.slice(0, limits.loggedUserLengthMax) ?? ''

/** Waits by the timer that every runtime has. */
export const sleep = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms))

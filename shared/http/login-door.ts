import { getLogger } from '@logtape/logtape'
import { limits } from '../limits.ts'
import { FewLines } from '../log/few-lines.ts'
import { networkOf } from './address.ts'
import { type Login, parseBasic } from './credentials.ts'
import { type WrongLogin, type WrongLoginBounds, WrongLogins } from './wrong-logins.ts'

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
  /** Called for each wrong login that is logged. */
  wrong?: (login: WrongLogin) => void
}

const boundsOf = (loginsMax: number): WrongLoginBounds => ({
  ofNetwork: limits.wrongLoginsOfNetwork,
  ofUser: limits.wrongLoginsOfUser,
  debtMax: 0,
  delayMs: limits.wrongLoginMs,
  delayMsMax: limits.wrongLoginMs,
  delayedMax: limits.wrongLoginsWaitingMax,
  queuedMax: 0,
  allDelayedMax: loginsMax,
  countedMax: loginsMax,
  rightMax: loginsMax,
  lines: limits.wrongLoginLines,
  linesOfNetwork: limits.wrongLoginLinesOfNetwork,
  userLengthMax: limits.loggedUserLengthMax,
  pathLengthMax: 0,
})

/**
 * The one place where an edge checks logins. A right login is answered at once, and a wrong one as {@link WrongLogins} says. If
 * many wrong ones of its network wait, a login that was not right before from there is not checked.
 */
export class LoginDoor implements Door {
  readonly #nowMs: () => number
  readonly #wrongLogins: WrongLogins
  readonly #noLoginLines = new FewLines(limits.noLoginLines)

  /** @param loginsMax logins that are remembered: beyond it the oldest is forgotten */
  constructor({ nowMs, sleep, wrong }: DoorDeps, loginsMax: number = limits.loginsCountedMax) {
    this.#nowMs = nowMs
    this.#wrongLogins = new WrongLogins(
      { nowMs, sleep, networkOf: networkIn, keyOf: rightKey, told: wrong },
      boundsOf(loginsMax),
    )
  }

  /** Checks a login; the answer to a wrong one may be delayed. */
  async judge<T>(caller: Caller, prove: (login: Login) => T | undefined): Promise<Judged<T>> {
    const { header, address } = caller
    if (this.#wrongLogins.turn(address, header ?? '') === 'busy') return { status: 429 }
    const who = this.#proven(caller, prove)
    if (who !== undefined) return { who }
    if (header) await this.#wrongLogins.wrong(wrongLoginOf(caller))
    else logNoLogin(caller, this.#noLoginLines, this.#nowMs())
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
    const { header, address } = caller
    const login = parseBasic(header)
    if (!login || !isOurs(login.user)) return undefined
    if (this.#wrongLogins.isLate(address) && !this.#wrongLogins.wasRight(address, header ?? ''))
      return undefined
    const who = this.#proven(caller, prove)
    if (who === undefined) this.#wrongLogins.note(wrongLoginOf(caller))
    return who
  }

  #proven<T>({ header, address }: Caller, prove: (login: Login) => T | undefined): T | undefined {
    const login = parseBasic(header)
    const who = login && prove(login)
    if (who !== undefined) this.#wrongLogins.right(address, header ?? '')
    return who
  }
}

const wrongLoginOf = ({ header, address, door }: Caller) => ({
  door,
  address,
  user: parseBasic(header)?.user ?? '',
})

/** An IPv6 host usually has a whole /64, so that counts as one network. */
const networkIn = (address: string | undefined): string =>
  (address === undefined ? undefined : networkOf(address, { ipv4: 32, ipv6: 64 })) ?? 'unknown'

/** The login, and not its header: with blanks one login can be written in thousands of ways. */
function rightKey(address: string | undefined, authorization: string): string {
  const login = parseBasic(authorization)
  return `${networkIn(address)} ${login?.user ?? ''}:${login?.password ?? ''}`
}

/** Waits by the timer that every runtime has. */
export const sleep = (ms: number): Promise<void> => new Promise((wake) => setTimeout(wake, ms))

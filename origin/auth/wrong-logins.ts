import { createHmac, randomBytes } from 'node:crypto'
import { parseBasic } from '../../shared/http/credentials.ts'
import { type WrongLoginBounds, WrongLogins } from '../../shared/http/wrong-logins.ts'
import { networkOfPeer } from '../lib/network.ts'
import type { Timers } from '../lib/timers.ts'
import { authLimits as limits } from './limits.ts'

const bounds: WrongLoginBounds = {
  ofNetwork: { burst: limits.wrongFreely, perSecond: 1000 / limits.wrongForgottenMs },
  ofUser: { burst: limits.wrongFreely, perSecond: 1000 / limits.wrongForgottenMs },
  debtMax: Number.POSITIVE_INFINITY,
  delayMs: limits.wrongMs,
  delayMsMax: limits.wrongMsMax,
  delayedMax: limits.wrongPerNetworkMax,
  queuedMax: limits.loginsWaitingMax,
  allDelayedMax: limits.wrongAnswersMax,
  countedMax: limits.wrongCountsMax,
  rightMax: limits.rightLoginsMax,
  lines: { burst: limits.wrongLinesMax, perSecond: 1 },
  linesOfNetwork: { burst: limits.wrongLinesPerNetworkMax, perSecond: 1000 / limits.wrongForgottenMs },
  userLengthMax: limits.userBytesMax,
  pathLengthMax: limits.loggedPathMax,
}

/**
 * The wrong logins of an origin, at all its doors. A right login is remembered for one address, not for its network: while
 * logins are refused unchecked, one that passes from elsewhere would be recognized as right at once.
 */
export function originWrongLogins(nowMs: () => number, timers: Pick<Timers, 'after'>): WrongLogins {
  const key = randomBytes(32)
  // the digest, so that no password is kept; of the login, which can be written in many ways
  const digestOf = (address: string, authorization: string) => {
    const login = parseBasic(authorization)
    const text = login ? `${login.user}:${login.password}` : authorization
    return createHmac('sha256', key).update(`${address} ${text}`).digest('base64')
  }
  return new WrongLogins(
    {
      nowMs,
      sleep: (ms) => new Promise<void>((resolve) => timers.after(ms, resolve)),
      networkOf: (address = '') => networkOfPeer(address),
      keyOf: (address = '', authorization) => digestOf(address, authorization),
    },
    bounds,
  )
}

import { isLogin, parseBasic } from '../../shared/credentials.ts'
import type { OriginConfig } from '../config/config.ts'

/** Icecast 2.4's words to those whose credentials do not do. */
export const unauthenticatedText = 'You need to authenticate'
/** what goes with a 401: by Icecast's realm some tools know it */
export const realmHeader = ['WWW-Authenticate', 'Basic realm="Icecast2 Server"'] as const

/** What an `Authorization` header proves; where a password is not configured, that kind of access is off. Sources have mounts. */
export interface Proven {
  relay: boolean
  admin: boolean
}

const nobody: Proven = { relay: false, admin: false }

type Accounts = Pick<OriginConfig, 'relayUser' | 'relayPassword' | 'adminUser' | 'adminPassword'>

/** Whom a request's credentials prove. */
export function proven(config: Accounts, authorization: string | undefined): Proven {
  const login = parseBasic(authorization)
  if (!login) return nobody
  const is = (user: string, password: string | undefined) =>
    password !== undefined && isLogin(login, user, [password])
  return {
    relay: is(config.relayUser, config.relayPassword),
    admin: is(config.adminUser, config.adminPassword),
  }
}

import { isLogin, parseBasic } from '../../shared/credentials.ts'
import type { OriginConfig } from '../config/config.ts'

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

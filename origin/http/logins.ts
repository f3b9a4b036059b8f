import { isLogin, parseBasic } from '../../shared/credentials.ts'
import type { OriginConfig } from '../config/config.ts'

/** The user of a source; mounts have none of their own. */
export const sourceUser = 'source'

/** What an `Authorization` header proves; where a password is not configured, that kind of access is off. */
export interface Proven {
  source: boolean
  relay: boolean
  admin: boolean
}

const nobody: Proven = { source: false, relay: false, admin: false }

type Accounts = Pick<
  OriginConfig,
  'sourcePassword' | 'relayUser' | 'relayPassword' | 'adminUser' | 'adminPassword'
>

/** Whom a request's credentials prove. */
export function proven(config: Accounts, authorization: string | undefined): Proven {
  const login = parseBasic(authorization)
  if (!login) return nobody
  const is = (user: string, password: string | undefined) =>
    password !== undefined && isLogin(login, user, [password])
  return {
    source: is(sourceUser, config.sourcePassword),
    relay: is(config.relayUser, config.relayPassword),
    admin: is(config.adminUser, config.adminPassword),
  }
}

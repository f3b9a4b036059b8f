import { isLogin, parseBasic, sameSecret } from '../../shared/credentials.ts'
import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'

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

/** Whether a password alone opens a mount for its source: Shoutcast's sources have no user. */
export function isSourcePassword(
  config: Pick<OriginConfig, 'sourcePassword' | 'mounts'>,
  mount: Mount,
  password: string,
): boolean {
  const own = mountSettings(config, mount).sourcePassword ?? config.sourcePassword
  return own !== undefined && sameSecret(password, own)
}

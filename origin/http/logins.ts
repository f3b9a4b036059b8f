import type { Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import { isLogin, parseBasic } from '../../shared/http/credentials.ts'
import type { WrongLogins } from '../auth/wrong-logins.ts'
import type { OriginConfig } from '../config/config.ts'
import type { Connection } from './connection.ts'

const log = getLogger(['distributary', 'http'])

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

/**
 * Calls back when a request may be answered 401: one that shows a login, which then is a wrong one, has to wait and is told
 * of; one that shows none only asks what it needs.
 */
export function beforeUnauthenticated(
  connection: Pick<Connection, 'head' | 'address' | 'socket'>,
  door: string,
  wrongLogins: WrongLogins,
  answer: () => void,
): void {
  const { head, address, socket } = connection
  const authorization = head.headers.get('authorization')
  const user = parseBasic(authorization)?.user
  if (authorization === undefined) answer()
  else afterwards(socket, wrongLogins.wrong({ door, address, user, path: head.path }), answer)
}

/** Goes on with a connection after a wait, where it is still there; a fault costs that connection alone. */
export function afterwards(socket: Socket, wait: Promise<unknown>, call: () => void): void {
  wait
    .then(() => {
      if (!socket.destroyed) call()
    })
    .catch((error: unknown) => {
      log.error('a request failed', { error })
      socket.destroy()
    })
}

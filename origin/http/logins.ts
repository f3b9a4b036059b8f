import type { Socket } from 'node:net'
import { getLogger } from '@logtape/logtape'
import { isLogin, parseBasic } from '../../shared/http/credentials.ts'
import type { WrongLogins } from '../../shared/http/wrong-logins.ts'
import type { OriginConfig } from '../config/config.ts'
import type { Connection } from './connection.ts'

const log = getLogger(['distributary', 'http'])

/** The text of a 401, as in Icecast 2.4. */
export const unauthenticatedText = 'You need to authenticate'
/** the header of a 401: some tools recognize Icecast's realm */
export const realmHeader = ['WWW-Authenticate', 'Basic realm="Icecast2 Server"'] as const

/** The roles that an `Authorization` header proves; a role without a password is disabled. Sources are checked by mount. */
export interface Proven {
  relay: boolean
  admin: boolean
}

const nobody: Proven = { relay: false, admin: false }

type OwnAccounts = Pick<OriginConfig, 'relayUser' | 'relayPassword' | 'adminUser' | 'adminPassword'>

/** The roles that the credentials of a request prove. */
export function proven(config: OwnAccounts, authorization: string | undefined): Proven {
  const login = authorization === undefined ? undefined : parseBasic(authorization)
  if (!login) return nobody
  const is = (user: string, password: string | undefined) =>
    password !== undefined && isLogin(login, user, [password])
  return {
    relay: is(config.relayUser, config.relayPassword),
    admin: is(config.adminUser, config.adminPassword),
  }
}

/**
 * Calls `answer` when a request may be answered 401: one with a login, which is a wrong one, is logged and has to wait; one
 * without a login only asks whether it needs one.
 */
export function beforeUnauthenticated(
  connection: Pick<Connection, 'head' | 'address' | 'socket'>,
  door: string,
  wrongLogins: WrongLogins,
  answer: () => void,
  why?: string,
): void {
  const { head, address, socket } = connection
  const authorization = head.headers.get('authorization')
  const user = parseBasic(authorization)?.user
  if (authorization === undefined) answer()
  else afterwards(socket, wrongLogins.wrong({ door, address, user, path: head.path, why }), answer)
}

/** Continues with a connection after a wait, unless it has closed; an exception closes only this connection. */
export function afterwards(socket: Socket, wait: Promise<unknown>, call: () => void): void {
  wait
    .then(() => {
      if (!socket.destroyed) call()
    })
    .catch((error: unknown) => {
      log.error('request failed', { error })
      socket.destroy()
    })
}

import { getLogger } from '@logtape/logtape'
import { parseBasic } from '../../shared/http/credentials.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Denied } from '../auth/verdict.ts'
import type { HeaderRule } from '../config/xml/headers.ts'
import type { Connection } from '../http/connection.ts'
import type { Head } from '../http/head.ts'
import { mountRules } from '../http/header-rules.ts'
import { beforeUnauthenticated, realmHeader, unauthenticatedText } from '../http/logins.ts'
import { type Answer, allowHeader, finish, keep, printReply } from '../http/reply.ts'
import { parseOriginMount, rootMount } from '../lib/root-mount.ts'
import type { SourceDeps } from './deps.ts'
import { whySourceFails } from './doubts.ts'

const log = getLogger(['distributary', 'source'])

/** Why a source is refused, in readable text. */
export interface SourceRefusal {
  status: 400 | 401 | 403
  text: string
}

/**
 * Answers a source on a path that is reserved by the server, or that is not a mount's name: like any other source if its
 * password is wrong, so that only clients allowed to feed a mount learn why.
 */
export function refuseReserved(connection: Connection, serving: SourceDeps, why: SourceRefusal): void {
  const authorization = connection.head.headers.get('authorization')
  const isSource = serving.auth.isSource(rootMount, parseBasic(authorization))
  if (isSource) serving.wrongLogins.right(connection.address, authorization)
  const { path } = connection.head
  const refused: SourceRefusal = isSource ? why : { status: 401, text: unauthenticatedText }
  refuse(connection, path, serving, refused)
}

/** @param mount the mount, or the reserved path */
export function refuse(
  connection: Connection,
  mount: Mount | string,
  serving: SourceDeps,
  refused: SourceRefusal,
): void {
  const { socket, head, address } = connection
  const { wrongLogins, config } = serving
  const keepAlive = refused.status === 401 && connection.mayStay && asksFirst(head)
  const rules = mountRules(config, parseOriginMount(mount) ?? rootMount)
  const answer = printRefusal(refused, rules, keepAlive)
  const send = () => (keepAlive ? keep(connection, answer) : finish(connection, answer))
  if (refused.status === 401) {
    // its further bytes are of no use, but its next request must not be lost
    if (keepAlive) socket.pause()
    const answered = () => {
      socket.resume() // before its next request, which may pause the socket again
      send()
    }
    beforeUnauthenticated(connection, 'source', wrongLogins, answered, whySourceFails(config))
    return
  }
  log.info('source rejected', { mount, address, why: refused.text })
  send()
}

/**
 * The client asks for permission before it sends audio, as libshout does: the source is its next request on this
 * connection.
 */
const asksFirst = ({ headers }: Head) =>
  headers.get('content-length') === '0' &&
  !headers.has('transfer-encoding') &&
  /\bkeep-alive\b/i.test(headers.get('connection') ?? '')

/** Encoders do not follow redirects, so a source that a backend redirects is refused. */
export const refusalBy = (denied: Denied): SourceRefusal =>
  denied.status === 403 ? denied : { status: 401, text: unauthenticatedText }

function printRefusal(
  { status, text }: SourceRefusal,
  rules: readonly HeaderRule[],
  keepAlive: boolean,
): Answer {
  const headers: (readonly [string, string])[] = [['Content-Type', 'text/plain']]
  if (status === 401) headers.push(realmHeader, allowHeader)
  return printReply({ version: '1.0', status, headers, rules, body: `${text}\r\n`, keepAlive })
}

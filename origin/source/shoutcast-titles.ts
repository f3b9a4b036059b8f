import { sameSecret } from '../../shared/http/credentials.ts'
import type { Mount } from '../../shared/mount.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { Connection } from '../http/connection.ts'
import { realmHeader, unauthenticatedText } from '../http/logins.ts'
import { mountParam, type Params, parseParams } from '../http/params.ts'
import { type Answer, printReply } from '../http/reply.ts'
import type { SourceDeps } from './deps.ts'
import { setTitle } from './set-title.ts'

/**
 * Answers `GET /admin.cgi?mode=updinfo&pass=…&song=…`, with which Shoutcast sources set titles. The mount is the port's
 * own, or, as in icecast-kh, the one in the parameter `mount`. Answers are Icecast 2.4's
 * (docs/icecast.md#shoutcast-sources).
 */
export async function answerTitles(connection: Connection, serving: SourceDeps): Promise<Answer> {
  const { head, address } = connection
  const params = parseParams(head.query)
  const password = params.get('pass')
  if (password === undefined) return page(connection, serving, 400, 'missing pass parameter')
  const mount = params.has('mount') ? mountParam(params) : mountOf(connection, serving)
  if (mount === undefined || !(await mayCall(mount, password, address, serving)))
    return unauthenticated(connection, serving)
  const { status, text } = update(mount, params, connection, serving)
  return page(connection, serving, status, text)
}

/** The mount's source and the admin may call this; there is only a password, so it may be either's. */
async function mayCall(
  mount: Mount,
  password: string,
  address: string,
  { config, auth }: SourceDeps,
): Promise<boolean> {
  if (config.adminPassword !== undefined && sameSecret(password, config.adminPassword)) return true
  const user = mountSettings(config, mount).sourceUser
  return auth.mayAdmin({ mount, login: { user, password }, address })
}

/** The port's own mount; on a port without one, the first Shoutcast port's. */
const mountOf = ({ via }: Connection, { config }: SourceDeps): Mount | undefined =>
  via.shoutcastMount ?? config.sockets.find(({ protocol }) => protocol === 'shoutcast')?.shoutcastMount

function update(
  name: Mount,
  params: Params,
  { head }: Connection,
  { state, config }: SourceDeps,
): { status: 200 | 400; text: string } {
  const mount = state.mounts.get(name)
  if (!mount) return { status: 400, text: 'Source does not exist' }
  if (!params.has('mode') || !params.has('song')) return { status: 400, text: 'Missing parameter' }
  if (params.get('mode') !== 'updinfo' || !mount.info.isShoutcast)
    return { status: 400, text: 'illegal metadata call' }
  const done = setTitle(mount, parseParams(head.query, mountSettings(config, name).charset))
  return {
    status: 200,
    text: done ? 'Metadata update successful' : 'Mountpoint will not accept URL updates',
  }
}

function page(
  { head: { version, method } }: Connection,
  { config }: SourceDeps,
  status: 200 | 400,
  text: string,
): Answer {
  const said = status === 200 ? text : `${status} - ${text}`
  const title = status === 200 ? 'Admin request successful' : `Error ${status}`
  return printReply({
    version,
    status,
    rules: config.httpHeaders,
    headers: [
      ['Content-Type', 'text/html; charset=UTF-8'],
      ['Cache-Control', 'no-store'],
    ],
    body: `<html><head><title>${title}</title></head><body><b>${said}</b></body></html>\r\n`,
    headOnly: method === 'HEAD',
  })
}

const unauthenticated = ({ head: { version } }: Connection, { config }: SourceDeps): Answer =>
  printReply({
    version,
    status: 401,
    rules: config.httpHeaders,
    headers: [['Content-Type', 'text/plain'], realmHeader],
    body: `${unauthenticatedText}\r\n`,
  })

import type { Context } from 'hono'
import type { ClusterEnv } from '../../shared/cluster-app.ts'
import type { OriginConfig } from '../config/config.ts'
import { type Proven, proven } from '../http/logins.ts'
import { type Element, escapeMarkup, printXml } from './xml.ts'

export type AdminContext = Context<ClusterEnv>

/** Icecast 2.4's 401, by which encoders and tools know that they have to send credentials. */
export const unauthenticated = (c: AdminContext): Response =>
  c.text('You need to authenticate\r\n', 401, { 'WWW-Authenticate': 'Basic realm="Icecast2 Server"' })

/** Icecast 2.4's 400 and 404: a line of HTML. */
export function failed(c: AdminContext, status: 400 | 404, text: string): Response {
  const message = escapeMarkup(text)
  return c.html(
    `<html><head><title>Error ${status}</title></head><body><b>${status} - ${message}</b></body></html>\r\n`,
    status,
  )
}

export const xml = (c: AdminContext, root: Element): Response =>
  c.body(printXml(root), 200, { 'Content-Type': 'text/xml; charset=UTF-8', 'Cache-Control': 'no-store' })

/** The answer to a command: what happened, and whether it did. */
export const result = (c: AdminContext, message: string, done: boolean): Response =>
  xml(c, [
    'iceresponse',
    [
      ['message', message],
      ['return', done ? 1 : 0],
    ],
  ])

/** A handler for those whose credentials `allows` accepts; others get a 401. */
export const guard =
  (
    config: OriginConfig,
    allows: (who: Proven, c: AdminContext) => boolean,
    handler: (c: AdminContext) => Response,
  ) =>
  (c: AdminContext): Response =>
    allows(proven(config, c.req.header('authorization')), c) ? handler(c) : unauthenticated(c)

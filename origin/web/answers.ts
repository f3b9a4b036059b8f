import type { Context } from 'hono'
import type { ClusterEnv } from '../../shared/api/routes.ts'
import { escapeMarkup } from '../../shared/escape-markup.ts'
import { realmHeader, unauthenticatedText } from '../http/logins.ts'
import { type Element, printXml } from './xml.ts'

export type AdminContext = Context<ClusterEnv>

/** A command rejects a request, with the status and text of Icecast 2.4, which tools check. */
export class Refused extends Error {
  override name = 'Refused'
  readonly status: 400 | 403 | 405 | 413

  constructor(text: string, status: 400 | 403 | 405 | 413 = 400) {
    super(text)
    this.status = status
  }
}

/** The 401 of Icecast 2.4, after which encoders and tools send credentials. */
export const unauthenticated = (c: AdminContext): Response =>
  c.text(`${unauthenticatedText}\r\n`, 401, Object.fromEntries([realmHeader]))

/** An error of Icecast 2.4: a line of HTML. */
export function failed(c: AdminContext, status: 400 | 403 | 404 | 405 | 413, text: string): Response {
  const message = escapeMarkup(text)
  return c.html(
    `<html><head><title>Error ${status}</title></head><body><b>${status} - ${message}</b></body></html>\r\n`,
    status,
  )
}

/** Icecast 2.4's page for a command that does not answer XML. */
export const succeeded = (c: AdminContext, text: string): Response | Promise<Response> =>
  c.html(
    `<html><head><title>Admin request successful</title></head><body><p>${escapeMarkup(text)}</p></body></html>`,
  )

export const xml = (c: AdminContext, root: Element): Response =>
  c.body(printXml(root), 200, { 'Content-Type': 'text/xml; charset=UTF-8', 'Cache-Control': 'no-store' })

/** The result of a command, or why it did nothing. */
export const response = (message: string, done: boolean): Element => [
  'iceresponse',
  [
    ['message', message],
    ['return', done ? 1 : 0],
  ],
]

import type { Context } from 'hono'
import type { ClusterEnv } from '../../shared/api/routes.ts'
import { realmHeader, unauthenticatedText } from '../http/logins.ts'
import { type Element, escapeMarkup, printXml } from './xml.ts'

export type AdminContext = Context<ClusterEnv>

/** A request that a command refuses, with Icecast 2.4's status and words: tools look for them. */
export class Refused extends Error {
  override name = 'Refused'
  readonly status: 400 | 403 | 405 | 413

  constructor(text: string, status: 400 | 403 | 405 | 413 = 400) {
    super(text)
    this.status = status
  }
}

/** Icecast 2.4's 401, by which encoders and tools know that they have to send credentials. */
export const unauthenticated = (c: AdminContext): Response =>
  c.text(`${unauthenticatedText}\r\n`, 401, Object.fromEntries([realmHeader]))

/** Icecast 2.4's errors: a line of HTML. */
export function failed(c: AdminContext, status: 400 | 403 | 404 | 405 | 413, text: string): Response {
  const message = escapeMarkup(text)
  return c.html(
    `<html><head><title>Error ${status}</title></head><body><b>${status} - ${message}</b></body></html>\r\n`,
    status,
  )
}

/** Icecast 2.4's page of a command that answers no XML. */
export const succeeded = (c: AdminContext, text: string): Response | Promise<Response> =>
  c.html(
    `<html><head><title>Admin request successful</title></head><body><p>${escapeMarkup(text)}</p></body></html>`,
  )

export const xml = (c: AdminContext, root: Element): Response =>
  c.body(printXml(root), 200, { 'Content-Type': 'text/xml; charset=UTF-8', 'Cache-Control': 'no-store' })

/** What a command did, or why it did not. */
export const response = (message: string, done: boolean): Element => [
  'iceresponse',
  [
    ['message', message],
    ['return', done ? 1 : 0],
  ],
]

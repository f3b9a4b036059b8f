import { authLimits } from '../limits.ts'
import { type Denied, unproven } from '../verdict.ts'

/** A reply of a backend, without its body, which Icecast ignores too. */
export interface BackendReply {
  status: number
  /** the reason phrase after the status */
  statusText: string
  headers: Pick<Headers, 'get'>
}

/** The reply headers that accept and limit a listener, as configured. */
export interface AnswerNames {
  /** name and value: `icecast-auth-user: 1` */
  authHeader: string
  timelimitHeader: string
}

/** The decision of a backend. */
export type UrlAuthAnswer = Denied | Allowed

interface Allowed {
  admitted: true
  /** how long it may listen; undefined: no limit */
  seconds: number | undefined
}

/**
 * Reads a reply: only the configured header with the configured value accepts, whatever the status (Icecast 2.4). As in
 * icecast-kh, other replies can redirect by `Location`, and the reason phrase of a 403 is passed on.
 */
export function readAnswer(reply: BackendReply, names: AnswerNames): UrlAuthAnswer {
  if (!isAdmitted(reply.headers, names.authHeader)) return deniedBy(reply)
  return { admitted: true, seconds: secondsOf(reply.headers.get(names.timelimitHeader)) }
}

function isAdmitted(headers: BackendReply['headers'], authHeader: string): boolean {
  const colon = authHeader.indexOf(':')
  const name = colon < 0 ? authHeader : authHeader.slice(0, colon)
  const expected = colon < 0 ? '' : authHeader.slice(colon + 1).trim()
  return headers.get(name.trim())?.trim().toLowerCase() === expected.toLowerCase()
}

/** Seconds that a listener may listen; a value that is not a number sets no limit. */
function secondsOf(value: string | null): number | undefined {
  const seconds = /^\s*(\d{1,9})\s*$/.exec(value ?? '')?.[1]
  return seconds === undefined || Number(seconds) === 0 ? undefined : Number(seconds)
}

function deniedBy({ status, statusText, headers }: BackendReply): Denied {
  const location = redirectTo(headers.get('location'))
  if (location !== undefined) return { admitted: false, status: 302, location }
  if (status === 403)
    return { admitted: false, status, text: statusText.slice(0, authLimits.reasonLengthMax) || 'Forbidden' }
  return unproven
}

/** A URL to redirect a listener to; credentials in it would end up in logs and referrers, so such a URL is ignored. */
function redirectTo(location: string | null): string | undefined {
  if (location === null || !URL.canParse(location)) return undefined
  const { protocol, username, password, href } = new URL(location)
  return /^https?:$/.test(protocol) && username === '' && password === '' ? href : undefined
}

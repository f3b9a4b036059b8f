import { type Denied, unproven } from '../verdict.ts'

/** A backend's reply, as far as it counts; Icecast never looks at its body. */
export interface BackendReply {
  status: number
  /** the reason behind the status */
  statusText: string
  headers: Pick<Headers, 'get'>
}

/** By which headers of a reply a listener is let in, as the operator named them. */
export interface AnswerNames {
  /** name and value: `icecast-auth-user: 1` */
  authHeader: string
  timelimitHeader: string
}

/** What a backend says of somebody. */
export type Answer = Denied | Let

interface Let {
  admitted: true
  /** how long it may stay; undefined: no limit of its own */
  seconds: number | undefined
}

const reasonLengthMax = 200

/**
 * Reads a reply: only the named header with the named value lets in, whatever the status (Icecast 2.4). Of those who stay
 * out icecast-kh sends some elsewhere by `Location`, and tells the reason of a 403.
 */
export function readAnswer(reply: BackendReply, names: AnswerNames): Answer {
  if (!isAdmitted(reply.headers, names.authHeader)) return deniedBy(reply)
  return { admitted: true, seconds: secondsOf(reply.headers.get(names.timelimitHeader)) }
}

function isAdmitted(headers: BackendReply['headers'], authHeader: string): boolean {
  const colon = authHeader.indexOf(':')
  const name = colon < 0 ? authHeader : authHeader.slice(0, colon)
  const expected = colon < 0 ? '' : authHeader.slice(colon + 1).trim()
  return headers.get(name.trim())?.trim().toLowerCase() === expected.toLowerCase()
}

/** Seconds that a listener may stay; what is no number of them sets no limit. */
function secondsOf(value: string | null): number | undefined {
  const seconds = /^\s*(\d{1,9})\s*$/.exec(value ?? '')?.[1]
  return seconds === undefined || Number(seconds) === 0 ? undefined : Number(seconds)
}

function deniedBy({ status, statusText, headers }: BackendReply): Denied {
  const location = redirectTo(headers.get('location'))
  if (location !== undefined) return { admitted: false, status: 302, location }
  if (status === 403)
    return { admitted: false, status, text: statusText.slice(0, reasonLengthMax) || 'Forbidden' }
  return unproven
}

/** An address to send a listener to; one with credentials in it would end up in logs and referrers. */
function redirectTo(location: string | null): string | undefined {
  if (location === null || !URL.canParse(location)) return undefined
  const { protocol, username, password, href } = new URL(location)
  return /^https?:$/.test(protocol) && username === '' && password === '' ? href : undefined
}

import { closedEarly, noTls } from './problem.ts'

/** A request with a login that a server did not accept. */
export interface RefusedLogin {
  /** origin of the server, as the operator wrote it */
  url: string
  status: number
  /** the `Location` of a redirect */
  location?: string | null | undefined
  /** that was sent */
  password?: string | undefined
}

/** What an operator can do about an answer other than 200; undefined: nothing is known. */
export function adviceOnAnswer({ url, status, location, password }: RefusedLogin): string | undefined {
  if (status === 401) return adviceOnPassword(password)
  if (status >= 300 && status < 400) return adviceOnRedirect(url, location)
  if (status === 400 && url.startsWith('http:')) return 'a port for https answers so too'
  return undefined
}

/** An edge splits `RELAY_PASSWORD` at spaces, and a space copied at an end cannot be seen. */
function adviceOnPassword(password: string | undefined): string {
  const wrong = 'the user or the password is wrong'
  if (password === undefined || !/\s/.test(password)) return wrong
  if (password !== password.trim()) return `${wrong}: the password begins or ends with a space`
  return `${wrong}: the password has a space in it, and an edge reads its RELAY_PASSWORD as several passwords with spaces between them`
}

function adviceOnRedirect(url: string, location: string | null | undefined): string {
  const target = location && URL.canParse(location, url) ? new URL(location, url) : undefined
  if (!target) return 'it redirects, expected an answer'
  const here = new URL(url)
  if (here.protocol === 'http:' && target.protocol === 'https:')
    return `it redirects to https, as "Always Use HTTPS" at Cloudflare does: set the URL to ${target.origin}`
  if (target.origin !== here.origin) return `it redirects to ${target.origin}: set the URL to that address`
  return `it redirects to ${target.origin}${target.pathname}, expected an answer`
}

/** What an operator can do about a connection without an answer; undefined: the problem says it all. */
export function adviceOnProblem(url: string, problem: string): string | undefined {
  const { protocol, host } = new URL(url)
  if (problem === noTls && protocol === 'https:')
    return `is it a port for http? Then set the URL to http://${host}`
  if (problem === closedEarly && protocol === 'http:')
    return `a port for https does so: is it https://${host}?`
  return undefined
}

/** What happened, and what to do about it where that is known. */
export const withAdvice = (what: string, advice: string | undefined): string =>
  advice === undefined ? what : what === '' ? advice : `${what}; ${advice}`

import { adviceOnAnswer, adviceOnProblem } from '../http/advice.ts'
import { type Check, failure, fine, warning } from './check.ts'

/** What a request led to: an answer, or a problem in plain words. */
export type Asked =
  | { status: number; text: string; date: string | null; location: string | null; server: string | null }
  | { problem: string }

/** ms by which two clocks may differ: certificates and logs care about no less, and nothing else depends on a clock */
const clockMs = 30_000

/** A server's clock by the `Date` of its answer, against this machine's. */
export function checkClock(url: string, asked: Asked, nowMs: number): Check[] {
  const theirsMs = 'date' in asked && asked.date !== null ? Date.parse(asked.date) : Number.NaN
  if (!Number.isFinite(theirsMs)) return []
  const off = Math.round((nowMs - theirsMs) / 1000)
  const name = `clock against ${url}`
  if (Math.abs(nowMs - theirsMs) <= clockMs) return [fine(name, `${Math.abs(off)} s apart`)]
  const where = off > 0 ? 'ahead of' : 'behind'
  return [
    warning(
      name,
      `this machine is ${Math.abs(off)} s ${where} it`,
      'set the clock (timedatectl set-ntp true): certificates and logs depend on it',
    ),
  ]
}

/** Whether this machine gets an HTTP answer at a public URL. */
export function checkReachedHere(url: string, asked: Asked): Check {
  const name = `${url} from this machine`
  if ('status' in asked) return fine(name, `answers${asked.server === null ? '' : ` as ${asked.server}`}`)
  const advice = adviceOnProblem(url, asked.problem)
  const todo =
    advice ?? 'see whether the server runs, and whether DNS, firewall and port forwarding lead to it'
  return warning(name, asked.problem, todo)
}

/** A login that one of the programs uses. */
export interface UsedLogin {
  /** the setting that holds its password */
  setting: string
  url: string
  password: string
}

/** Whether a login is accepted, by the answer to a request with it. @param right the statuses that mean so */
export function checkLogin(
  { setting, url, password }: UsedLogin,
  asked: Asked,
  right: readonly number[] = [200],
): Check {
  const name = `${setting} at ${url}`
  if ('problem' in asked) return failure(name, asked.problem, adviceOnProblem(url, asked.problem))
  if (right.includes(asked.status)) return fine(name, 'accepted')
  const { status, location } = asked
  const advice = adviceOnAnswer({ url, status, location, password })
  if (status === 404)
    return failure(name, 'answered 404', 'it is neither an edge nor an Icecast master: see the URL')
  return failure(name, status === 401 ? 'rejected' : `answered ${status}`, advice)
}

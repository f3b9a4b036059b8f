import { masterUser } from '../../shared/api/auth.ts'
import { ask } from '../../shared/doctor/ask.ts'
import { type Check, fine, warning } from '../../shared/doctor/check.ts'
import { checkInDraw } from '../../shared/doctor/in-draw.ts'
import { type Asked, checkClock, checkLogin } from '../../shared/doctor/network.ts'
import { type AdminLogin, askServers } from '../../shared/doctor/servers.ts'
import { type Login, printBasic } from '../../shared/http/credentials.ts'
import { parseStreamList, type StreamListEntry } from '../../shared/report/stream-list.ts'
import type { OriginConfig } from '../config/config.ts'
import type { Rim } from './rim.ts'

/** A server that this one relays from or reports to. */
interface Upper {
  url: string
  /** where its password is set */
  setting: string
  login: Login
  /** this server relays what it lists */
  isMaster: boolean
  /** this server reports to it */
  isDecider: boolean
}

/** mounts named in one line, and masters behind an edge that are asked */
const namedMax = 10
const basesMax = 5

/** Every server that this one relays from or reports to: an edge that is both counts once. */
export function uppersOf({ masters, publicSlave, edges, edgePassword = '' }: OriginConfig): Upper[] {
  const fromMasters = masters.map(({ url, user, password }) => ({
    url,
    setting: 'master password',
    login: { user, password },
    isMaster: true,
    isDecider: publicSlave || edges.includes(url),
  }))
  const others = edges.filter((url) => !masters.some((master) => master.url === url))
  return [
    ...fromMasters,
    ...others.map((url) => ({
      url,
      setting: 'edge password',
      login: { user: 'relay', password: edgePassword },
      isMaster: false,
      isDecider: true,
    })),
  ]
}

/**
 * What a master or edge says to this server: whether it accepts the login, what it lists, its clock, and whether this server
 * is in its draw. @param admin its admin's login; undefined: the draw is not asked about
 */
export async function checkUpper(
  upper: Upper,
  id: string,
  admin: AdminLogin | undefined,
  { fetch, nowMs }: Pick<Rim, 'fetch' | 'nowMs'>,
): Promise<Check[]> {
  const { url, setting, login } = upper
  const asked = await askList(upper, login, fetch)
  const checks = [
    checkLogin({ setting, url, password: login.password }, asked),
    ...checkClock(url, asked, nowMs()),
  ]
  if ('text' in asked && asked.status === 200 && upper.isMaster) {
    const { entries } = parseStreamList(asked.text)
    checks.push(checkListed(url, entries), ...(await checkBases(entries, upper, fetch)))
  }
  if (!upper.isDecider) return checks
  if (!admin)
    return [
      ...checks,
      fine(
        `the draw of ${url}`,
        'not asked: set EDGE_ADMIN_PASSWORD to see whether the edge reaches this server, and why it gets no listeners',
      ),
    ]
  const answer = await askServers(fetch, url, admin)
  return [...checks, ...('check' in answer ? [answer.check] : checkInDraw(url, answer.servers, id))]
}

/** A decider with a password for masters expects another user with it. */
async function askList({ url, isMaster }: Upper, login: Login, fetchIt: typeof fetch): Promise<Asked> {
  const path = `${url}/admin/streamlist.txt`
  const asked = await ask(fetchIt, path, { authorization: printBasic(login) })
  if (isMaster || !('status' in asked) || asked.status !== 401) return asked
  return ask(fetchIt, path, { authorization: printBasic({ ...login, user: masterUser }) })
}

function checkListed(url: string, entries: readonly StreamListEntry[]): Check {
  const name = `mounts listed by ${url}`
  if (entries.length === 0)
    return warning(
      name,
      'none',
      'see whether a source is connected to the master, and whether the master reports',
    )
  const named = entries.slice(0, namedMax).map(({ mount }) => mount)
  const more = entries.length > namedMax ? `, and ${entries.length - namedMax} more` : ''
  return fine(name, `${named.join(', ')}${more}`)
}

/** The masters that an edge names: a relay whose password is wrong there is served as a listener. */
async function checkBases(
  entries: readonly StreamListEntry[],
  { url, login }: Upper,
  fetchIt: typeof fetch,
): Promise<Check[]> {
  const bases = new Set(entries.flatMap(({ base }) => (base === undefined || base === url ? [] : [base])))
  const checks: Check[] = []
  for (const base of [...bases].slice(0, basesMax)) {
    const asked = await ask(fetchIt, `${base}/admin/streamlist.txt`, { authorization: printBasic(login) })
    const check = checkLogin({ setting: 'relay password', url: base, password: login.password }, asked)
    const todo =
      'give the master the relay password of the edge (--relay-password): with another one, or none, relays count as listeners'
    checks.push(check.text === 'rejected' ? { ...check, todo } : check)
  }
  return checks
}

import { getLogger } from '@logtape/logtape'
import { type Context, Hono } from 'hono'
import type { ReportSender } from '../cluster/admission/report-context.ts'
import { lockedRetrySeconds } from '../cluster/store-error.ts'
import { momentOf } from '../draw/moment.ts'
import type { Whereabouts } from '../geo.ts'
import { isLoopback } from '../http/address.ts'
import { readBounded } from '../http/bounded-body.ts'
import { type Login, parseBasic } from '../http/credentials.ts'
import type { Door } from '../http/login-door.ts'
import { otherSite } from '../http/other-site.ts'
import { type SliceStep, slicedBody } from '../http/slices.ts'
import { limits } from '../limits.ts'
import type { ReporterIdentity } from '../report/reporter.ts'
import { decodeSourcelist, lineNotUtf8 } from '../report/sourcelist.ts'
import type { ReportAnswer } from './accept.ts'
import { type Accounts, isAdmin, reporterOf } from './auth.ts'
import type { Cluster } from './cluster.ts'
import { addClusterRoutes } from './cluster-routes.ts'
import { mountsText, serversText } from './json.ts'

const logger = getLogger(['distributary', 'cluster'])
/** the name of a report in the log */
const reportDoor = 'report'

/** Facts that are not in the request itself, from the server that received it. */
export interface RequestFacts {
  /** of the listener or server that sent it, through trusted proxies; undefined if the runtime does not know it */
  address: string | undefined
  /** it came by https */
  secure: boolean
  /** this program's own address as the outside knows it, without a path; undefined: not configured, and no Host */
  base: string | undefined
  /** all its addresses, at most one a scheme, {@link base} among them first; undefined: none but that */
  bases?: readonly string[] | undefined
  /** its address for somebody who asked by this scheme; undefined: {@link base} */
  here?: string | undefined
  /** it came as a HEAD, although it is routed as a GET: it may not change anything */
  head?: boolean | undefined
  /** what the client itself takes, where a proxy of the runtime replaces `Accept-Encoding`; undefined: that header holds */
  encodings?: string | undefined
  /** where that address is; undefined: not known */
  from?: Whereabouts | undefined
}

export interface ClusterEnv {
  Bindings: RequestFacts
}

export const unauthorized = (c: Context, text: string) =>
  c.text(text, 401, { 'WWW-Authenticate': 'Basic realm="distributary"' })

/** The sender's address, if known and not loopback: then a loopback url in its report cannot be right. */
export const remoteOf = ({ address }: RequestFacts): string | undefined =>
  address !== undefined && !isLoopback(address) ? address : undefined

/** Whether this program has an https address. */
export const isHttps = ({ secure, base, bases }: RequestFacts): boolean =>
  secure || [base, ...(bases ?? [])].some((url) => url?.startsWith('https:'))

/** The answer to a request, including those given before a report is parsed. */
interface RouteAnswer {
  status: ReportAnswer['status'] | 403 | 415
  text: string
}

export function printAnswer(c: Context, { status, text }: RouteAnswer) {
  if (status === 401) return unauthorized(c, text)
  // the rest of the body stays unread, so the connection cannot be used again, and the client has to know
  if (status === 413) c.header('Connection', 'close')
  if (status === 429 || status === 503) c.header('Retry-After', String(lockedRetrySeconds))
  return c.text(text, status)
}

/** Logs a rejected request: from which address and why, the answer cut to its beginning. */
export function logRefused(c: Context<ClusterEnv>, what: string, { status, text }: RouteAnswer): void {
  const why = text.trim().slice(0, limits.loggedAnswerLengthMax)
  const fields = { request: what, address: c.env.address, status, why }
  if (what === reportDoor) logger.warning('report rejected', fields)
  else logger.warning('request rejected', fields)
}

/** The identity that the login of a request proves at a door; or the answer to it, which the door logs. */
async function admit<T>(
  c: Context<ClusterEnv>,
  door: Door,
  what: string,
  whose: string,
  prove: (login: Login) => T | undefined,
): Promise<{ who: T } | { refused: RouteAnswer }> {
  const header = c.req.header('authorization')
  const judged = await door.judge({ header, address: c.env?.address, door: what }, prove)
  if ('who' in judged) return judged
  if (judged.status === 429)
    return {
      refused: { status: 429, text: 'too many wrong logins from your network: try again later\n' },
    }
  return { refused: { status: 401, text: `expected the credentials of ${whose}\n` } }
}

/** The reporter or relay that sent a request; or the answer to a request without its credentials. */
export const admitReporter = (c: Context<ClusterEnv>, door: Door, accounts: Accounts, what: string) =>
  admit(c, door, what, 'a relay', (login) => reporterOf(accounts, login))

/** The answer to a request without the admin's login; undefined if it has that login. */
export async function refuseNoAdmin(
  c: Context<ClusterEnv>,
  door: Door,
  accounts: Accounts,
  what: string,
): Promise<RouteAnswer | undefined> {
  const judged = await admit(c, door, what, 'the admin', (login) => isAdmin(accounts, login) || undefined)
  return 'refused' in judged ? judged.refused : undefined
}

/** The answer to a change that a page of another site made a browser request, with the login that it has stored; undefined for all others. */
export function refuseOtherSite(c: Context<ClusterEnv>): RouteAnswer | undefined {
  const hosts = [c.req.header('host'), c.env.base?.replace(/^https?:\/\//, '')]
  const site = otherSite(c.req.raw.headers, hosts)
  if (site === undefined) return undefined
  return {
    status: 403,
    text: `cross-site request rejected: a page of ${site.slice(0, 200)} sent it; expected no Origin and no Referer, or this host in them\n`,
  }
}

/** The routes of every decider, an edge or a master that decides itself: reports and the API. */
export function clusterApp(
  cluster: Cluster,
  accounts: Accounts,
  nowMs: () => number,
  door: Door,
): Hono<ClusterEnv> {
  const app = new Hono<ClusterEnv>()

  app.post('/admin/sourcelist.txt', async (c) => {
    const judged = await admitReporter(c, door, accounts, reportDoor)
    if ('refused' in judged) return printAnswer(c, judged.refused)
    const answer = await takeReport(c, cluster, judged.who)
    if (answer.status !== 200) logRefused(c, reportDoor, answer)
    return printAnswer(c, answer)
  })

  app.use('/api/*', async (c, next) => {
    const stranger = await refuseNoAdmin(c, door, accounts, c.req.path)
    if (stranger) return printAnswer(c, stranger)
    const refused = c.req.method === 'GET' ? undefined : refuseOtherSite(c)
    if (!refused) return next()
    logRefused(c, c.req.path, refused)
    return printAnswer(c, refused)
  })
  const json = (c: Context, work: Iterator<SliceStep, unknown>) =>
    c.body(slicedBody(work), 200, { 'Content-Type': 'application/json' })
  app.get('/api/servers', async (c) =>
    json(c, serversText(momentOf(await cluster.fresh(), nowMs()), isHttps(c.env))),
  )
  app.get('/api/mounts', async (c) => json(c, mountsText(momentOf(await cluster.fresh(), nowMs()))))
  addClusterRoutes(app, cluster, nowMs, (c) => isHttps(c.env))
  const done = (c: Context, found: boolean) =>
    found ? c.body(null, 204) : c.text(`no server has the id "${c.req.param('id')}"\n`, 404)
  app.post('/api/servers/:id/drain', async (c) =>
    done(c, await cluster.setDrain(c.req.param('id'), true, operatorOf(c))),
  )
  app.post('/api/servers/:id/undrain', async (c) =>
    done(c, await cluster.setDrain(c.req.param('id'), false, operatorOf(c))),
  )
  app.delete('/api/servers/:id', async (c) => done(c, await cluster.forget(c.req.param('id'), operatorOf(c))))
  return app
}

/** The operator who sent a request, for the events: `admin@203.0.113.7`. */
function operatorOf(c: Context<ClusterEnv>): string {
  const user = parseBasic(c.req.header('authorization'))?.user ?? ''
  return `${user.slice(0, limits.loggedUserLengthMax)}@${c.env?.address ?? 'unknown'}`
}

/** Checks the headers of a request, then its body, in the order of docs/protocol.md#answers-to-a-report. */
async function takeReport(
  c: Context<ClusterEnv>,
  cluster: Cluster,
  reporter: ReporterIdentity,
): Promise<RouteAnswer> {
  const foreign = refuseOtherSite(c)
  if (foreign) return foreign
  const type = c.req.header('content-type') ?? ''
  if (!/^text\/plain\s*(;|$)/i.test(type))
    return { status: 415, text: `Content-Type is "${type}", expected text/plain\n` }
  const body = await readReport(c.req.raw)
  if (!body) return { status: 413, text: `the report is larger than ${limits.reportBytesMax} bytes\n` }
  const sourcelist = decodeSourcelist(body)
  if (sourcelist === undefined)
    return { status: 400, text: `line ${lineNotUtf8(body)}: bytes that are not UTF-8, expected UTF-8\n` }
  return cluster.accept({
    sourcelist,
    reporter,
    remote: remoteOf(c.env),
    edgeUrls: edgeUrlsOf(c.env),
    location: c.env.from?.location,
    sender: senderOf(c, cluster.wallMs()),
  })
}

const edgeUrlsOf = ({ base, bases }: RequestFacts): readonly string[] =>
  bases ?? (base === undefined ? [] : [base])

/** The body of a report, or undefined if it is too large. */
async function readReport({ headers, body }: Request): Promise<Uint8Array | undefined> {
  if (Number(headers.get('content-length')) > limits.reportBytesMax) return undefined
  return readBounded(body, limits.reportBytesMax)
}

/** characters of a program's name that are kept */
const programLengthMax = 80

/** The program that sent a report, and its clock: the `Date` of its request is cut to a second, so half of one is added. */
function senderOf(c: Context, wallMs: number): ReportSender {
  const agent = c.req.header('user-agent') ?? ''
  const [, own] = /\bdistributary\/([\w.+-]{1,40})/.exec(agent) ?? []
  const sentMs = Date.parse(c.req.header('date') ?? '')
  return {
    program: own === undefined ? agent.slice(0, programLengthMax) || undefined : `distributary ${own}`,
    clockOffsetSeconds: Number.isNaN(sentMs) ? undefined : Math.round((sentMs + 500 - wallMs) / 1000),
  }
}

import * as v from 'valibot'
import { accountOf } from '../cluster/admission/quota.ts'
import type { Rejection, ReportSender } from '../cluster/admission/report-context.ts'
import { wishSeconds } from '../cluster/pace.ts'
import type { Registry } from '../cluster/registry.ts'
import { StoreError, storeAnswer } from '../cluster/store-error.ts'
import type { Probed } from '../draw/probe.ts'
import type { GeoLocation } from '../geo.ts'
import { limits } from '../limits.ts'
import { IdSchema, isLoopbackUrl, type Report } from '../report/report.ts'
import type { ReporterIdentity } from '../report/reporter.ts'
import { claimOf, printSourcelist, SourcelistError } from '../report/sourcelist.ts'
import { type Accounts, refusal } from './auth.ts'

/** A report as it arrived, its sender already authenticated. Plain data: it is sent to a Durable Object. */
export interface Post {
  sourcelist: string
  reporter: ReporterIdentity
  /** the address that it came from, if known and not loopback: then a loopback url cannot be right */
  remote: string | undefined
  /** where listeners reach this decider, at most one url a scheme; the sender needs them for its send-backs */
  edgeUrls: readonly string[]
  /** the location of that address, if the runtime knows it */
  location?: GeoLocation | undefined
  sender?: ReportSender | undefined
}

/** The answer to a report or a registration. */
export interface ReportAnswer {
  status: 200 | 400 | 401 | 409 | 413 | 429 | 500 | 503
  /** lines of text/plain */
  text: string
  /** of the server whose report has been accepted */
  id?: string | undefined
}

/**
 * Accepts one report (docs/protocol.md#answers-to-a-report): parses, authorizes, orders and stores it. A rejected report (4xx)
 * changes no server; one that the store cannot keep (5xx) is used for decisions all the same. The caller has already checked
 * the login, the type and the size.
 */
export function accept(registry: Registry, accounts: Accounts, post: Post, nowMs: number): ReportAnswer {
  const answer = judge(registry, accounts, post, nowMs)
  registry.history.counts.reported(answer.status)
  return answer
}

function judge(registry: Registry, accounts: Accounts, post: Post, nowMs: number): ReportAnswer {
  const { reporter, remote } = post
  const account = accountOf(reporter)
  if (!registry.mayRead(account, remote, post.sourcelist.length, nowMs))
    return {
      status: 429,
      text: `too many bytes of reports from ${remote}, expected at most ${limits.reportBytes.perSecond} a second\n`,
    }
  let report: Report | SourcelistError
  try {
    report = registry.parse(post.sourcelist)
  } catch (error) {
    if (!(error instanceof SourcelistError)) throw error
    report = error
  }
  const claim = report instanceof SourcelistError ? claimOf(post.sourcelist) : report
  const refused = refusal(accounts, reporter, claim)
  if (refused !== undefined) return { status: 401, text: `${refused}\n` }
  if (report instanceof SourcelistError) return { status: 400, text: `${report.message}\n` }
  const loopback = loopbackUrl(report, remote)
  if (loopback !== undefined) return { status: 400, text: `${loopbackMessage(post, loopback)}\n` }
  const context = { location: post.location, account, remote, sender: post.sender }
  const notPut = registry.put(report, post.sourcelist, nowMs, context)
  if (notPut) return printRefusal(notPut)
  if (post.edgeUrls.some((url) => url.startsWith('https:'))) registry.view.isAskedByHttps = true
  return { status: 200, text: printReply(registry, report, post.edgeUrls, nowMs), id: report.id }
}

const printRefusal = (refused: Rejection | StoreError): ReportAnswer =>
  refused instanceof StoreError ? storeAnswer(refused) : { status: refused.status, text: `${refused.text}\n` }

/** A url that only the server itself can reach, although its report came from elsewhere. */
const loopbackUrl = (report: Report, remote: string | undefined) =>
  remote === undefined ? undefined : report.urls.find(isLoopbackUrl)

function loopbackMessage({ sourcelist, remote }: Post, loopback: string): string {
  const line = sourcelist
    .split('\n')
    .findIndex((each) => /^url:/i.test(each) && isLoopbackUrl(each.slice(4).trim()))
  return `line ${line + 1}: url is ${loopback}, but the report came from ${remote}; expected a url that others can reach`
}

function printReply(registry: Registry, report: Report, edgeUrls: readonly string[], nowMs: number): string {
  const lines = [
    `accepted ${report.mounts.length}`,
    `interval ${wishSeconds(report.interval, registry.pace.pressureOf(registry.view, nowMs))}`,
    `state ${registry.isDrained(report.id) ? 'draining' : 'up'}`,
  ]
  for (const url of edgeUrls) lines.push(`edge ${url}`)
  const probed = registry.probedOf(report.id)
  if (probed) lines.push(printProbed(probed))
  const twin = registry.twinOf(report.id, nowMs)
  if (twin !== undefined) lines.push(`twin ${twin}`)
  return `${lines.join('\n')}\n`
}

const printProbed = ({ url, problem }: Probed) =>
  problem === undefined ? 'probe ok' : `probe failed ${url} ${problem}`

/** The registration of an icecast-kh slave: parameters of its request for the stream list. */
export interface Registration {
  host: string
  port: number
  /** seconds */
  interval: number
  reporter: ReporterIdentity
  /** as in {@link Post} */
  remote: string | undefined
}

/** Parses `rserver`, `rport` and `interval`; undefined if one is absent or out of bounds. */
export function parseRegistration(
  query: URLSearchParams,
): Pick<Registration, 'host' | 'port' | 'interval'> | undefined {
  const host = query.get('rserver') ?? ''
  const port = Number(query.get('rport'))
  const interval = Number(query.get('interval'))
  // a URL has no port that is not an integer up to 65535
  if (!URL.canParse(`http://${host}:${port}`) || port === 0) return undefined
  if (!v.is(IdSchema, `${host}:${port}`)) return undefined
  if (!Number.isInteger(interval) || interval < 1 || interval > 3600) return undefined
  return { host, port, interval }
}

/** Registers an icecast-kh slave: it carries every mount of live masters, with the default capacity and 0 listeners. */
export function register(
  registry: Registry,
  accounts: Accounts,
  { host, port, interval, reporter, remote }: Registration,
  nowMs: number,
): ReportAnswer {
  const url = new URL(`http://${host}:${port}`).origin
  const report: Report = {
    id: `${host}:${port}`,
    role: 'slave',
    urls: [url],
    interval,
    listeners: 0,
    state: 'up',
    mounts: [],
  }
  const refused = refusal(accounts, reporter, report)
  if (refused !== undefined) return { status: 401, text: `${refused}\n` }
  if (loopbackUrl(report, remote) !== undefined)
    return { status: 400, text: `rserver is ${host}, expected a host that others can reach\n` }
  const context = { carriesAll: true, account: accountOf(reporter), remote }
  const notPut = registry.put(report, printSourcelist(report), nowMs, context)
  if (notPut) return printRefusal(notPut)
  return { status: 200, text: '' }
}

import { getLogger } from '@logtape/logtape'
import { masterUser } from '../../shared/api/auth.ts'
import { type Login, printBasic } from '../../shared/http/credentials.ts'
import { limits } from '../../shared/limits.ts'
import { messageWithCause } from '../../shared/message-of.ts'
import type { Report } from '../../shared/report/report.ts'
import { fitting, printSourcelist } from '../../shared/report/sourcelist.ts'
import { serverAgent } from '../../shared/version.ts'
import { backoffMs } from '../lib/backoff.ts'
import type { Timers } from '../lib/timers.ts'
import { relayLimits } from '../relay/limits.ts'
import { readText } from '../relay/lists/list-poller.ts'
import { reportLimits } from './limits.ts'
import { isUnknownHere } from './refusal.ts'
import { parseReply, type Reply, type Unreached } from './reply.ts'
import {
  dueAtMs,
  gapMs,
  maySend,
  type Schedule,
  startSchedule,
  withChange,
  withFailure,
  withReply,
  withRetry,
  withSent,
} from './schedule.ts'

const log = getLogger(['distributary', 'report'])

/** ms between two looks at how far the listeners have moved */
const lookMs = 250
/** bytes of a reply that are read: it has four lines */
const replyBytesMax = 16_384

export interface ReporterDeps {
  /** a report of this moment, with the next seq */
  measure: () => Report
  /** listeners now and at most */
  load: () => { listeners: number; maxListeners: number }
  promisedMs: () => number
  fetch: typeof fetch
  timers: Timers
  nowMs: () => number
  roll: () => number
  /** the reply said something else than before */
  onReply: () => void
}

/** How a report failed; no status where nothing answered. */
interface Failure {
  status: number | undefined
  server: string | null
  text: string
}

/** Reports to one decider: at the right moments, one at a time, with patience while it is away. */
export class Reporter {
  readonly url: string
  #given: Login
  /** what was given, or the same password with the other user */
  #login: Login
  #deps: ReporterDeps
  #schedule: Schedule
  #sending: Promise<boolean> | undefined
  #failures = 0
  #stopped = false
  #isLeaving = false
  #cancel = () => {}
  #reply: Reply | undefined
  #takenAtMs = Number.NEGATIVE_INFINITY
  /** it refused as a server does that knows nothing of reports */
  #isUnknown = false
  /** the `Server` of its newest answer to another request; null: it did not answer */
  #seenAs: string | null | undefined
  /** where the decider last said that it cannot reach this server */
  #unreached: Unreached | undefined
  /** what went wrong since the last report that was taken; each is said once */
  #troubles = new Set<string>()

  /** @param url the decider's origin */
  constructor(url: string, login: Login, deps: ReporterDeps) {
    this.url = url
    this.#given = login
    this.#login = login
    this.#deps = deps
    this.#schedule = startSchedule(deps.promisedMs())
  }

  /** Whether it reports there, and as this user. */
  isFor(url: string, { user, password }: Login): boolean {
    return url === this.url && user === this.#given.user && password === this.#given.password
  }

  /** The newest reply; undefined before the first, and where this is no decider. */
  get reply(): Reply | undefined {
    return this.#reply
  }
  /** whether the last report was taken */
  get isAnswering(): boolean {
    return this.#reply !== undefined && this.#troubles.size === 0
  }

  start(): void {
    this.#look()
  }

  /** A mount came or went, or a listener was turned away. */
  change(): void {
    this.#schedule = withChange(this.#schedule)
    this.#look()
  }

  /** Asks again at once where it was asked to wait: whoever is at this address may be another now. */
  retry(): void {
    if (!this.#isUnknown) return
    this.#isUnknown = false
    this.#schedule = withRetry(this.#schedule)
    this.#look()
  }

  /** What another request to this address was answered by: its `Server`; null where nothing answered. */
  seen(server: string | null): void {
    const isOther = this.#seenAs !== undefined && this.#seenAs !== server
    this.#seenAs = server
    if (isOther) this.retry()
  }

  /** Right before a request for the stream list: sends, unless one went within the last second or back-off holds it. */
  async flush(): Promise<void> {
    if (this.#sending) await this.#sending
    else if (!this.#isLeaving && maySend(this.#schedule, this.#deps.nowMs())) await this.#send()
  }

  /**
   * The last report, which says `leaving`, and again where a decider that knows us does not take it, until that one takes
   * us for dead. Resolves when it was taken, or cannot be. No other report follows.
   */
  async leave(): Promise<void> {
    const { timers, nowMs, promisedMs } = this.#deps
    const untilMs = nowMs() + limits.deadlineIntervals * promisedMs() + limits.deadlineGraceMs
    this.#cancel()
    this.#isLeaving = true
    await this.#sending
    if (this.#isUnknown) return
    do {
      const waitMs = this.#schedule.sentAtMs + gapMs - nowMs()
      if (waitMs > 0) await new Promise<void>((resolve) => timers.after(waitMs, resolve))
    } while (!this.#stopped && !(await this.#send()) && this.#reply && nowMs() < untilMs)
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  #look(): void {
    if (this.#stopped || this.#isLeaving) return
    this.#cancel()
    const { nowMs, load, timers, promisedMs } = this.#deps
    this.#schedule = { ...this.#schedule, promisedMs: promisedMs() }
    const { listeners, maxListeners } = load()
    const waitMs = dueAtMs(this.#schedule, listeners, maxListeners) - nowMs()
    if (waitMs <= 0 && !this.#sending) this.#send()
    this.#cancel = timers.after(Math.max(1, Math.min(lookMs, waitMs > 0 ? waitMs : lookMs)), () =>
      this.#look(),
    )
  }

  #send(): Promise<boolean> {
    const { measure, nowMs } = this.#deps
    // the server may stay, where this decider alone is left
    const report: Report = this.#isLeaving ? { ...measure(), state: 'leaving' } : measure()
    this.#schedule = withSent(this.#schedule, report.listeners, nowMs())
    this.#sending = this.#post(report).finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }

  /** True where the report was taken. Never throws. */
  async #post(report: Report): Promise<boolean> {
    let status: number | undefined
    let server: string | null = null
    let text: string
    try {
      const response = await this.#deps.fetch(`${this.url}/admin/sourcelist.txt`, {
        method: 'POST',
        headers: {
          authorization: printBasic(this.#login),
          'content-type': 'text/plain; charset=utf-8',
          'user-agent': serverAgent,
        },
        body: printSourcelist(fitting(report, limits.reportBytesMax)),
        redirect: 'manual',
        signal: AbortSignal.timeout(relayLimits.answerTimeoutMs),
      })
      status = response.status
      server = response.headers.get('server')
      text = await readText(response, replyBytesMax)
    } catch (error) {
      text = messageWithCause(error)
    }
    const reply = status === 200 ? parseReply(text) : undefined
    if (reply) this.#accepted(reply)
    else this.#failed(report, { status, server, text })
    return reply !== undefined
  }

  #accepted(reply: Reply): void {
    const before = this.#reply
    this.#reply = reply
    this.#failures = 0
    this.#isUnknown = false
    this.#takenAtMs = this.#deps.nowMs()
    if (this.#troubles.size > 0 || !before) log.info('reports are taken', { by: this.url })
    this.#troubles.clear()
    this.#tellReach(reply.probe)
    this.#schedule = withReply(this.#schedule, reply.interval)
    if (before?.isDraining !== reply.isDraining || before.edgeUrls.join() !== reply.edgeUrls.join())
      this.#deps.onReply()
  }

  /** A server that nobody can reach gets no listener, and its operator sees nothing wrong here: said once, and once when it is over. */
  #tellReach(probe: Reply['probe']): void {
    if (probe === undefined) return
    const was = this.#unreached
    this.#unreached = probe === 'ok' ? undefined : probe
    if (probe !== 'ok' && was?.url !== probe.url)
      log.warn(`the edge cannot reach ${probe.url} (${probe.why})`, { by: this.url, ...probe })
    if (probe === 'ok' && was) log.info(`the edge can reach ${was.url} again`, { by: this.url, url: was.url })
  }

  #failed(report: Report, { status, server, text }: Failure): void {
    const { nowMs, roll, promisedMs } = this.#deps
    this.#failures++
    // a decider with a MASTER_PASSWORD knows a master by another user; whichever works is kept
    if (status === 401 && report.role === 'master')
      this.#login = { ...this.#login, user: this.#login.user === masterUser ? 'relay' : masterUser }
    this.#isUnknown =
      status !== undefined && isUnknownHere({ status, server, sinceTakenMs: nowMs() - this.#takenAtMs })
    const pauseMs = this.#isUnknown
      ? reportLimits.unknownPauseMs * (1 + roll() * reportLimits.unknownPauseSpread)
      : backoffMs({ firstMs: 1000, maxMs: promisedMs() }, this.#failures, roll())
    this.#schedule = withFailure(this.#schedule, nowMs() + pauseMs)
    this.#complain(status, text)
  }

  /** S12: a server without load balancing refuses every report alike; that is said once. */
  #complain(status: number | undefined, text: string): void {
    const trouble = status === undefined ? 'away' : `answered ${status}`
    if (this.#troubles.has(trouble)) return
    this.#troubles.add(trouble)
    const [why = ''] = text.trim().split('\n')
    log.warn('report not taken', {
      by: this.url,
      ...(status === undefined ? {} : { status }),
      why: why.slice(0, 200),
      ...(this.#isUnknown ? { againInS: reportLimits.unknownPauseMs / 1000 } : {}),
    })
  }
}

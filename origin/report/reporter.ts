import { getLogger } from '@logtape/logtape'
import { masterUser } from '../../shared/api/auth.ts'
import { adviceOnAnswer, adviceOnProblem, withAdvice } from '../../shared/http/advice.ts'
import { type Login, printBasic } from '../../shared/http/credentials.ts'
import { problemOf } from '../../shared/http/problem.ts'
import { limits } from '../../shared/limits.ts'
import { isLoopbackUrl, type Report } from '../../shared/report/report.ts'
import { fitting, printSourcelist } from '../../shared/report/sourcelist.ts'
import { serverAgent } from '../../shared/version.ts'
import { backoffMs } from '../lib/backoff.ts'
import type { Timers } from '../lib/timers.ts'
import { relayLimits } from '../relay/limits.ts'
import { readText } from '../relay/lists/list-poller.ts'
import { reportLimits } from './limits.ts'
import { isUnknownHere } from './refusal.ts'
import { parseReply, type ReportReply, type Unreached } from './reply.ts'
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

/** ms between two checks of how much the number of listeners has changed */
const lookMs = 250

export interface ReporterDeps {
  /** makes a report of the current state, with the next seq */
  measure: () => Report
  /** current and maximum number of listeners */
  load: () => { listeners: number; maxListeners: number }
  promisedMs: () => number
  fetch: typeof fetch
  timers: Timers
  nowMs: () => number
  roll: () => number
  /** the reply differs from the previous one */
  onReply: () => void
}

/**
 * A decider's answer to a `seq` below one that it has seen of the same boot. Reports leave one at a time, so another process
 * has the same boot: this one continued from a snapshot of a virtual machine. With another boot, this one can be distinguished.
 */
const isOlderThanOwn = /^seq \d+ is older than \d+, the newest of this boot/

/** How a report failed; `status` is undefined if there was no answer. */
interface Failure {
  status: number | undefined
  server: string | null
  text: string
  /** what the operator can do about it */
  advice: string | undefined
}

/** Reports to one decider: at the right times, one report at a time, with back-off while it is unreachable. */
export class Reporter {
  readonly url: string
  #given: Login
  /** the configured login, or the same password with the other user */
  #login: Login
  #deps: ReporterDeps
  #schedule: Schedule
  #sending: Promise<boolean> | undefined
  #renewing: Promise<void> | undefined
  #failures = 0
  #stopped = false
  #isLeaving = false
  #cancel = () => {}
  #reply: ReportReply | undefined
  #toldLoopback = false
  #takenAtMs = Number.NEGATIVE_INFINITY
  /** it refused a report as servers do that do not support reports */
  #isUnknown = false
  /** `Server` header of its newest answer to another request; null: no answer */
  #seenAs: string | null | undefined
  /** the address at which the decider last could not reach this server */
  #unreached: Unreached | undefined
  #hasTwin = false
  /** in place of the program's own boot, if a copy of this process reports with that too */
  #boot: string | undefined
  /** failures since the last accepted report; each is logged once */
  #troubles = new Set<string>()

  /** @param url the decider's origin */
  constructor(url: string, login: Login, deps: ReporterDeps) {
    this.url = url
    this.#given = login
    this.#login = login
    this.#deps = deps
    this.#schedule = startSchedule(deps.promisedMs())
  }

  /** Whether it reports to this URL as this user. */
  isFor(url: string, { user, password }: Login): boolean {
    return url === this.url && user === this.#given.user && password === this.#given.password
  }

  /** The newest reply; undefined before the first, and if the server is not a decider. */
  get reply(): ReportReply | undefined {
    return this.#reply
  }
  /** whether the last report was accepted */
  get isAnswering(): boolean {
    return this.#reply !== undefined && this.#troubles.size === 0
  }

  start(): void {
    this.#look()
  }

  /** A mount came or went, or a listener was refused. */
  change(): void {
    this.#schedule = withChange(this.#schedule)
    this.#look()
  }

  /** Ends a long pause: another server may answer at this address by now. */
  retry(): void {
    if (!this.#isUnknown) return
    this.#isUnknown = false
    this.#schedule = withRetry(this.#schedule)
    this.#look()
  }

  /** Another request to this address was answered with this `Server` header; null if there was no answer. */
  seen(server: string | null): void {
    const isOther = this.#seenAs !== undefined && this.#seenAs !== server
    this.#seenAs = server
    if (isOther) this.retry()
  }

  /**
   * Sends a report right before a request for the stream list, unless one was sent within the last second, or back-off
   * forbids it.
   */
  async flush(): Promise<void> {
    if (this.#sending) await this.#sending
    else if (!this.#isLeaving && maySend(this.#schedule, this.#deps.nowMs())) await this.#send()
  }

  /** Sends a report as soon as it may, and resolves when that is answered: the reply is then newer than this call. */
  renew(): Promise<void> {
    this.#renewing ??= this.#renew().finally(() => {
      this.#renewing = undefined
    })
    return this.#renewing
  }

  async #renew(): Promise<void> {
    const { nowMs, timers } = this.#deps
    await this.#sending // it may have been answered already
    const { sentAtMs, heldUntilMs } = this.#schedule
    const waitMs = Math.max(sentAtMs + gapMs, heldUntilMs) - nowMs()
    if (waitMs > 0) await new Promise<void>((resolve) => timers.after(waitMs, resolve))
    if (this.#stopped || this.#isLeaving) return
    if (this.#schedule.sentAtMs === sentAtMs) await this.#send()
    else await this.#sending // its time had come meanwhile
  }

  /**
   * Sends the last report, which says `leaving`, and repeats it while a decider that knows this server does not accept
   * it, until that decider considers this server dead. Resolves when it is accepted or cannot be. No report follows.
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
    // the server itself may keep running: only this decider is being left
    const measured = measure()
    const report: Report = {
      ...measured,
      ...(this.#boot !== undefined && { boot: this.#boot }),
      ...(this.#isLeaving && { state: 'leaving' }),
    }
    this.#schedule = withSent(this.#schedule, report.listeners, nowMs())
    this.#sending = this.#post(report).finally(() => {
      this.#sending = undefined
    })
    return this.#sending
  }

  /** True if the report was accepted. Never throws. */
  async #post(report: Report): Promise<boolean> {
    let status: number | undefined
    let server: string | null = null
    let text: string
    let advice: string | undefined
    try {
      const response = await this.#deps.fetch(`${this.url}/admin/sourcelist.txt`, {
        method: 'POST',
        headers: {
          authorization: printBasic(this.#login),
          'content-type': 'text/plain; charset=utf-8',
          'user-agent': serverAgent,
          // tells the decider how far this clock is off
          date: new Date().toUTCString(),
        },
        body: printSourcelist(fitting(report, limits.reportBytesMax)),
        redirect: 'manual',
        signal: AbortSignal.timeout(relayLimits.answerTimeoutMs),
      })
      status = response.status
      server = response.headers.get('server')
      const location = response.headers.get('location')
      advice = adviceOnAnswer({ url: this.url, status, location, password: this.#login.password })
      text = await readText(response, reportLimits.replyBytesMax)
    } catch (error) {
      text = problemOf(error).text
      advice = adviceOnProblem(this.url, text)
    }
    const reply = status === 200 ? parseReply(text) : undefined
    if (reply) this.#accepted(reply)
    else this.#failed(report, { status, server, text, advice })
    return reply !== undefined
  }

  #accepted(reply: ReportReply): void {
    const before = this.#reply
    this.#reply = { ...reply, edgeUrls: this.#usableUrls(reply.edgeUrls) }
    this.#failures = 0
    this.#isUnknown = false
    this.#takenAtMs = this.#deps.nowMs()
    if (this.#troubles.size > 0 || !before) log.info('report accepted', { by: this.url })
    this.#troubles.clear()
    this.#tellReach(reply.probe)
    this.#tellTwin(reply.twin)
    this.#schedule = withReply(this.#schedule, reply.interval)
    if (before?.isDraining !== reply.isDraining || before.edgeUrls.join() !== this.#reply.edgeUrls.join())
      this.#deps.onReply()
  }

  /** Behind a proxy, a decider may take itself for `http://127.0.0.1:8000`; listeners are not sent there. */
  #usableUrls(edgeUrls: readonly string[]): readonly string[] {
    const loopback = isLoopbackUrl(this.url) ? undefined : edgeUrls.find(isLoopbackUrl)
    if (loopback === undefined) return edgeUrls
    if (!this.#toldLoopback)
      log.warn('loopback address of the edge not used: set PUBLIC_URL there', {
        by: this.url,
        edge: loopback,
      })
    this.#toldLoopback = true
    return edgeUrls.filter((url) => !isLoopbackUrl(url))
  }

  /** Another program with the same id is rejected there as long as this one is live: logged when it begins and ends. */
  #tellTwin(twin: string | undefined): void {
    if (twin !== undefined && !this.#hasTwin)
      log.warn('another program reports with the same id', { by: this.url, address: twin })
    if (twin === undefined && this.#hasTwin)
      log.info('no other program reports with the same id any more', { by: this.url })
    this.#hasTwin = twin !== undefined
  }

  /**
   * An unreachable server gets no listeners while nothing looks wrong locally: logged once when it begins and once when
   * it ends.
   */
  #tellReach(probe: ReportReply['probe']): void {
    if (probe === undefined) return
    const was = this.#unreached
    this.#unreached = probe === 'ok' ? undefined : probe
    if (probe !== 'ok' && was?.url !== probe.url)
      log.warn('this server is unreachable from the edge', { by: this.url, ...probe })
    if (probe === 'ok' && was)
      log.info('this server is reachable from the edge again', { by: this.url, url: was.url })
  }

  #failed(report: Report, failure: Failure): void {
    const { status, server } = failure
    const { nowMs, roll, promisedMs } = this.#deps
    this.#failures++
    // a decider with a MASTER_PASSWORD expects another user name from a master; whichever works is kept
    if (status === 401 && report.role === 'master')
      this.#login = { ...this.#login, user: this.#login.user === masterUser ? 'relay' : masterUser }
    this.#isUnknown =
      status !== undefined && isUnknownHere({ status, server, sinceTakenMs: nowMs() - this.#takenAtMs })
    const pauseMs = this.#isUnknown
      ? reportLimits.unknownPauseMs * (1 + roll() * reportLimits.unknownPauseSpread)
      : backoffMs({ firstMs: 1000, maxMs: promisedMs() }, this.#failures, roll())
    if (status === 409 && isOlderThanOwn.test(failure.text)) this.#boot = crypto.randomUUID()
    this.#schedule = withFailure(this.#schedule, nowMs() + pauseMs)
    this.#complain(failure)
  }

  /** S12: a server without load balancing refuses every report in the same way; that is logged once. */
  #complain({ status, text, advice }: Failure): void {
    const trouble = status === undefined ? 'away' : `answered ${status}`
    if (this.#troubles.has(trouble)) return
    this.#troubles.add(trouble)
    const [why = ''] = text.trim().split('\n')
    log.warn(status === undefined ? 'report not delivered' : 'report rejected', {
      by: this.url,
      ...(status === undefined ? {} : { status }),
      why: withAdvice(why.slice(0, 200), advice),
      ...(this.#isUnknown ? { againInS: reportLimits.unknownPauseMs / 1000 } : {}),
    })
  }
}

import { getLogger } from '@logtape/logtape'
import { adviceOnAnswer, adviceOnProblem, withAdvice } from '../../../shared/http/advice.ts'
import { printBasic } from '../../../shared/http/credentials.ts'
import { problemOf } from '../../../shared/http/problem.ts'
import type { Mount } from '../../../shared/mount.ts'
import {
  type StreamList,
  type StreamListEntry,
  StreamListReader,
} from '../../../shared/report/stream-list.ts'
import { serverAgent } from '../../../shared/version.ts'
import type { MasterSettings } from '../../config/xml/master-settings.ts'
import { backoffMs } from '../../lib/backoff.ts'
import type { Timers } from '../../lib/timers.ts'
import { relayLimits } from '../limits.ts'

const log = getLogger(['distributary', 'relay'])

export interface StreamListDeps {
  timers: Timers
  nowMs: () => number
  /** random numbers in [0, 1) */
  roll: () => number
  updateIntervalS: () => number
  /** sends the report that precedes a request (S8) */
  beforeRequest: (masterUrl: string) => Promise<void>
  /** called with the `Server` header of each answer, whatever its status; null if there was no answer */
  onAnswer: (masterUrl: string, server: string | null) => void
  fetch: typeof fetch
  /** mounts that are relayed already: they are preferred if a list names too many */
  isKnown: (mount: Mount) => boolean
}

export interface StreamListEvents {
  listed(entries: StreamListEntry[]): void
  /** The list could not be fetched. */
  away(): void
}

/** The server answered, but not with a list. */
class UnusableAnswer extends Error {
  override name = 'UnusableAnswer'
}

/** Polls one master's stream list: every update interval, sooner after a failure or when a relay has ended. */
export class StreamListPoller {
  readonly master: MasterSettings
  #deps: StreamListDeps
  #events: StreamListEvents
  #cancel = () => {}
  #stopped = false
  #polling = false
  #polledAtMs = Number.NEGATIVE_INFINITY
  #dueAtMs = Number.POSITIVE_INFINITY
  #failures = 0
  #lastTrouble: string | undefined

  constructor(master: MasterSettings, deps: StreamListDeps, events: StreamListEvents) {
    this.master = master
    this.#deps = deps
    this.#events = events
  }

  start(): void {
    this.#poll()
  }

  /**
   * The list may have changed: asks soon, but not again within `gapMs`. All slaves of a master notice the end of a
   * relay at the same time: random delays keep them from asking at the same moment.
   */
  hurry(gapMs: number): void {
    if (this.#stopped || this.#polling || this.#failures > 0) return
    const { nowMs, roll } = this.#deps
    const atMs = Math.max(nowMs(), this.#polledAtMs + gapMs) + roll() * relayLimits.hurrySpreadMs
    if (atMs < this.#dueAtMs) this.#after(atMs - nowMs())
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  #after(ms: number): void {
    this.#cancel()
    this.#dueAtMs = this.#deps.nowMs() + ms
    this.#cancel = this.#deps.timers.after(ms, () => this.#poll())
  }

  async #poll(): Promise<void> {
    const { beforeRequest, updateIntervalS, nowMs, roll } = this.#deps
    this.#polling = true
    await beforeRequest(this.master.url)
    this.#polledAtMs = nowMs()
    const done = await this.#ask()
    this.#polling = false
    if (this.#stopped) return
    this.#failures = done ? 0 : this.#failures + 1
    const intervalMs = updateIntervalS() * 1000
    const maxMs = Math.min(intervalMs, relayLimits.listRetryMsMax)
    const retry = { firstMs: relayLimits.retry.firstMs, maxMs }
    const pauseMs = done
      ? this.#polledAtMs + intervalMs * (1 - roll() * relayLimits.listEarlyShare) - nowMs()
      : backoffMs(retry, this.#failures, roll())
    this.#after(Math.max(0, pauseMs))
  }

  /** True if the master answered; otherwise the relays stay as they are. */
  async #ask(): Promise<boolean> {
    try {
      const { entries, refused, left } = await this.#fetch()
      if (this.#stopped) return true
      if (left > 0) this.#complain(`too many mounts: used ${entries.length}, ignored ${left}`)
      else if (refused.length === 0) this.#complain(undefined)
      else this.#complain(`lines that do not name a mount: ${refused.slice(0, 3).join(' ').slice(0, 200)}`)
      this.#events.listed(entries)
      return true
    } catch (error) {
      if (this.#stopped) return false
      this.#complain(this.#troubleOf(error))
      this.#events.away()
      return false
    }
  }

  async #fetch(): Promise<StreamList> {
    const { fetch, onAnswer } = this.#deps
    const { url } = this.master
    const asking = fetch(`${url}/admin/streamlist.txt`, {
      headers: { authorization: printBasic(this.master), 'user-agent': serverAgent },
      redirect: 'manual',
      signal: AbortSignal.timeout(relayLimits.answerTimeoutMs),
    })
    const response = await asking.catch((error: unknown) => {
      onAnswer(url, null)
      throw error
    })
    onAnswer(url, response.headers.get('server') ?? '')
    if (response.status !== 200) {
      await response.body?.cancel()
      const { status, headers } = response
      const { password } = this.master
      const attempt = { url, status, location: headers.get('location'), password }
      throw new UnusableAnswer(withAdvice(`answered ${status}`, adviceOnAnswer(attempt)))
    }
    const reader = new StreamListReader(this.#deps.isKnown)
    for await (const text of textOf(response, relayLimits.listBytesMax)) reader.push(text)
    return reader.end()
  }

  #troubleOf(error: unknown): string {
    if (error instanceof UnusableAnswer) return error.message
    const { text } = problemOf(error)
    return withAdvice(text, adviceOnProblem(this.master.url, text))
  }

  #complain(trouble: string | undefined): void {
    const { url } = this.master
    if (trouble !== undefined && trouble !== this.#lastTrouble)
      log.warn('no valid stream list', { master: url, why: trouble })
    if (trouble === undefined && this.#lastTrouble !== undefined)
      log.info('stream list valid again', { master: url })
    this.#lastTrouble = trouble
  }
}

/** Reads a reply's text; throws if it exceeds the limit, so that a master cannot fill this server's memory. */
export async function readText(response: Response, bytesMax: number): Promise<string> {
  let whole = ''
  for await (const text of textOf(response, bytesMax)) whole += text
  return whole
}

/** Reads a reply's text piece by piece. */
async function* textOf(response: Response, bytesMax: number): AsyncGenerator<string> {
  const decoder = new TextDecoder()
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > bytesMax) throw new UnusableAnswer(`answered with more than ${bytesMax} bytes`)
    yield decoder.decode(chunk, { stream: true })
  }
  yield decoder.decode()
}

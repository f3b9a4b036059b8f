import { getLogger } from '@logtape/logtape'
import { parseStreamList, type StreamListEntry } from '../../shared/stream-list.ts'
import { serverAgent } from '../../shared/version.ts'
import { backoffMs } from '../backoff.ts'
import type { Timers } from '../timers.ts'
import { relayLimits } from './limits.ts'

const log = getLogger(['distributary', 'relay'])

export interface StreamListDeps {
  timers: Timers
  nowMs: () => number
  roll: () => number
  /** in the order in which they are asked: the first that answers counts */
  masterUrls: () => readonly string[]
  authorization: () => string
  updateIntervalS: () => number
  /** posts the report that goes right before a request (S8) */
  beforeRequest: () => Promise<void>
  fetch: typeof fetch
  onList: (entries: StreamListEntry[], listUrl: string) => void
}

/** Polls the master's stream list: every update interval, sooner after a failure or when a relay has ended. */
export class StreamListPoller {
  #deps: StreamListDeps
  #cancel = () => {}
  #stopped = false
  #polling = false
  #polledAtMs = Number.NEGATIVE_INFINITY
  #failures = 0
  #lastTrouble: string | undefined

  constructor(deps: StreamListDeps) {
    this.#deps = deps
  }

  start(): void {
    this.#poll()
  }

  /** A relay has ended: asks at once, but not again and again. */
  hurry(): void {
    if (this.#stopped || this.#polling) return
    const { nowMs } = this.#deps
    this.#after(Math.max(0, this.#polledAtMs + relayLimits.hurriedListMs - nowMs()))
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  #after(ms: number): void {
    this.#cancel()
    this.#cancel = this.#deps.timers.after(ms, () => this.#poll())
  }

  async #poll(): Promise<void> {
    const { beforeRequest, updateIntervalS, nowMs, roll } = this.#deps
    this.#polling = true
    await beforeRequest()
    this.#polledAtMs = nowMs()
    const done = await this.#askMasters()
    this.#polling = false
    if (this.#stopped) return
    this.#failures = done ? 0 : this.#failures + 1
    const intervalMs = updateIntervalS() * 1000
    const retry = { firstMs: relayLimits.retry.firstMs, maxMs: intervalMs }
    const pauseMs = done
      ? this.#polledAtMs + intervalMs * (1 - roll() * relayLimits.listEarlyShare) - nowMs()
      : backoffMs(retry, this.#failures, roll())
    this.#after(Math.max(0, pauseMs))
  }

  /** True where one answered; a list that could not be had leaves the relays as they are. */
  async #askMasters(): Promise<boolean> {
    const troubles: string[] = []
    for (const url of this.#deps.masterUrls())
      try {
        const { entries, refused } = parseStreamList(await this.#ask(url))
        if (this.#stopped) return true
        this.#complain(
          refused.length === 0
            ? undefined
            : `lines that name no mount: ${refused.slice(0, 3).join(' ').slice(0, 200)}`,
        )
        this.#deps.onList(entries, url)
        return true
      } catch (error) {
        troubles.push(`${url}: ${error instanceof Error ? describe(error) : error}`)
      }
    this.#complain(troubles.join('; '))
    return false
  }

  async #ask(url: string): Promise<string> {
    const response = await this.#deps.fetch(`${url}/admin/streamlist.txt`, {
      headers: { authorization: this.#deps.authorization(), 'user-agent': serverAgent },
      redirect: 'manual',
      signal: AbortSignal.timeout(relayLimits.answerTimeoutMs),
    })
    if (response.status !== 200) {
      await response.body?.cancel()
      throw new Error(`answered ${response.status}`)
    }
    return readText(response, relayLimits.listBytesMax)
  }

  #complain(trouble: string | undefined): void {
    if (trouble !== undefined && trouble !== this.#lastTrouble) log.warn('no good stream list', { trouble })
    if (trouble === undefined && this.#lastTrouble !== undefined) log.info('the stream list is good again')
    this.#lastTrouble = trouble
  }
}

/** `fetch failed` alone says nothing; its cause does. */
export const describe = (error: Error): string =>
  error.cause instanceof Error ? `${error.message}: ${error.cause.message}` : error.message

/** A reply's text; throws past the bound, so that a master cannot fill our memory. */
export async function readText(response: Response, bytesMax: number): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  let size = 0
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length
    if (size > bytesMax) throw new Error(`answered with more than ${bytesMax} bytes`)
    text += decoder.decode(chunk, { stream: true })
  }
  return text + decoder.decode()
}

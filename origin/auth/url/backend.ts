import { getLogger } from '@logtape/logtape'
import { type Login, printBasic } from '../../../shared/http/credentials.ts'
import { messageOf } from '../../../shared/message-of.ts'
import { serverAgent } from '../../../shared/version.ts'
import { FairQueue } from '../../lib/fair-queue.ts'
import { networkOfPeer } from '../../lib/network.ts'
import { TaskQueue } from '../../lib/task-queue.ts'
import type { Timers } from '../../lib/timers.ts'
import { authLimits as limits } from '../limits.ts'

const log = getLogger(['distributary', 'auth'])

export interface UrlBackendDeps {
  fetch: typeof fetch
  timers: Timers
}

/** The kind of request: each has its own queue, so listeners cannot block sources, nor either of them admin calls. */
export type Asker = 'listener' | 'source' | 'admin'

/** A question about a request. */
export interface Question extends Message {
  about: Asker
  /** of the client */
  address: string
}

/** A form for a backend. */
export interface Message {
  url: string
  form: string
  /** for `Authorization`; undefined: an empty login, as in Icecast */
  login: Login | undefined
}

/** The backend of URL authentication: questions are bounded, and notifications are repeated until it answers. */
export class UrlBackend {
  #deps: UrlBackendDeps
  #questions: Record<Asker, FairQueue> = { listener: questions(), source: questions(), admin: questions() }
  #news = new TaskQueue({ atOnceMax: limits.newsMax, waitingMax: limits.newsWaitingMax })
  #orderedNews = new TaskQueue({ atOnceMax: 1, waitingMax: limits.newsWaitingMax })
  #isDown = false

  constructor(deps: UrlBackendDeps) {
    this.#deps = deps
  }

  /** Its reply; undefined if there is none in time, including the wait in the queue; `busy` if too many wait. */
  async ask(question: Question): Promise<Response | 'busy' | undefined> {
    const { about, address, ...message } = question
    const { signal, cancel } = this.#deadline()
    try {
      return await this.#questions[about].run(networkOfPeer(address), () => this.#post(message, signal))
    } catch (error) {
      this.#logFailure(message, error)
      return undefined
    } finally {
      cancel()
    }
  }

  /**
   * Sends a notification, and repeats it if there is no answer; each attempt has the same `Idempotency-Key`.
   * @param inOrder send it after all earlier ones with `inOrder`, like the end of a mount after its beginning
   */
  tell(message: Message, inOrder = false): void {
    const queue = inOrder ? this.#orderedNews : this.#news
    const delivered = queue.run(() => this.#deliver(message))
    if (!delivered) log.error('auth notifications dropped: queue full', { url: shown(message.url) })
  }

  /** Resolves when all notifications are delivered or given up. */
  async settled(): Promise<void> {
    await Promise.all([this.#news.idle(), this.#orderedNews.idle()])
  }

  async #deliver(message: Message): Promise<void> {
    const key = crypto.randomUUID()
    for (const pauseMs of [...limits.newsRetryMs, undefined]) {
      const { signal, cancel } = this.#deadline()
      try {
        const { status } = await this.#post(message, signal, { 'Idempotency-Key': `"${key}"` })
        if (status < 500) return
        throw new Error(`it answers ${status}`)
      } catch (error) {
        this.#logFailure(message, error)
      } finally {
        cancel()
      }
      if (pauseMs === undefined) return
      await new Promise<void>((resolve) => this.#deps.timers.after(pauseMs, resolve))
    }
  }

  async #post(
    { url, form, login }: Message,
    signal: AbortSignal,
    headers: Record<string, string> = {},
  ): Promise<Response> {
    const target = new URL(url)
    const inUrl = target.username === '' ? undefined : loginIn(target)
    target.username = ''
    target.password = ''
    const reply = await this.#deps.fetch(target, {
      method: 'POST',
      body: form,
      headers: {
        ...headers,
        'Content-Type': 'application/x-www-form-urlencoded',
        'User-Agent': serverAgent,
        Authorization: printBasic(inUrl ?? login ?? { user: '', password: '' }),
      },
      redirect: 'manual', // a `Location` is for the listener
      signal,
    })
    this.#isDown = false
    await reply.body?.cancel()
    return reply
  }

  #deadline(): { signal: AbortSignal; cancel: () => void } {
    const late = new AbortController()
    const cancel = this.#deps.timers.after(limits.backendMs, () => late.abort(new Error('no answer in time')))
    return { signal: late.signal, cancel }
  }

  /** Logs a failure once, until the backend answers again. */
  #logFailure({ url }: Message, error: unknown): void {
    if (this.#isDown) return
    this.#isDown = true
    const why = messageOf(error)
    log.error('no answer from auth backend; listeners who need it are rejected', { url: shown(url), why })
  }
}

const questions = () =>
  new FairQueue({ atOnceMax: limits.questionsMax, waitingMax: limits.questionsWaitingMax })

function loginIn({ username, password }: URL): Login {
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/** A URL without its login and query, which may be secret. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

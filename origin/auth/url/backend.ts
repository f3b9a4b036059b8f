import { getLogger } from '@logtape/logtape'
import { type Login, printBasic } from '../../../shared/http/credentials.ts'
import { messageOf } from '../../../shared/message-of.ts'
import { serverAgent } from '../../../shared/version.ts'
import { FairQueue } from '../../lib/fair-queue.ts'
import { networkOfPeer } from '../../lib/network.ts'
import { TaskQueue } from '../../lib/task-queue.ts'
import type { Timers } from '../../lib/timers.ts'
import { accessLimits as limits } from '../limits.ts'

const log = getLogger(['distributary', 'auth'])

export interface UrlBackendDeps {
  fetch: typeof fetch
  timers: Timers
}

/** Who is asked about: listeners, however many, keep out no source, and neither keeps out who sets a title. */
export type Asker = 'listener' | 'source' | 'admin'

/** A question about somebody. */
export interface Question extends Message {
  about: Asker
  /** that they come from */
  address: string
}

/** A form for a backend. */
export interface Message {
  url: string
  form: string
  /** what `Authorization` carries; undefined: the empty login that Icecast sends then */
  login: Login | undefined
}

/** The backend of a mount's URL authentication: asked within bounds, and told what it has to know until it has heard it. */
export class UrlBackend {
  #deps: UrlBackendDeps
  #questions: Record<Asker, FairQueue> = { listener: questions(), source: questions(), admin: questions() }
  #news = new TaskQueue({ atOnceMax: limits.newsMax, waitingMax: limits.newsWaitingMax })
  #orderedNews = new TaskQueue({ atOnceMax: 1, waitingMax: limits.newsWaitingMax })
  #isDown = false

  constructor(deps: UrlBackendDeps) {
    this.#deps = deps
  }

  /** Its reply, or undefined where there is none in time, its turn waited for included; `busy` where too many wait. */
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
   * Tells it something, and again where it did not answer; what it may hear twice has the same `Idempotency-Key`.
   * @param inOrder it is heard after all that was told so before it, as a mount's end after its beginning
   */
  tell(message: Message, inOrder = false): void {
    const queue = inOrder ? this.#orderedNews : this.#news
    const delivered = queue.run(() => this.#deliver(message))
    if (!delivered) log.error('news for a backend are lost: too many wait', { url: shown(message.url) })
  }

  /** Resolves when all news are delivered or given up. */
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

  /** Once until it answers again. */
  #logFailure({ url }: Message, error: unknown): void {
    if (this.#isDown) return
    this.#isDown = true
    const why = messageOf(error)
    log.error('a backend does not answer: listeners who need it are refused', { url: shown(url), why })
  }
}

const questions = () =>
  new FairQueue({ atOnceMax: limits.questionsMax, waitingMax: limits.questionsWaitingMax })

function loginIn({ username, password }: URL): Login {
  return { user: decodeURIComponent(username), password: decodeURIComponent(password) }
}

/** A URL without what may be secret in it. */
function shown(url: string): string {
  const { origin, pathname } = new URL(url)
  return origin + pathname
}

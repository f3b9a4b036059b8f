import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../../shared/mount.ts'
import type { UrlAuthSettings } from '../../config/xml/auth-settings.ts'
import { busy, unproven, type Verdict } from '../verdict.ts'
import { readAnswer, type UrlAuthAnswer } from './answer.ts'
import type { Message, Question, UrlBackend } from './backend.ts'
import {
  listenerAddForm,
  listenerRemoveForm,
  mountForm,
  type ServerName,
  type StreamQuestion,
  streamAuthForm,
  type Visit,
  type VisitHeaders,
} from './form.ts'

const log = getLogger(['distributary', 'auth'])

/** URL authentication of a mount, by its `<authentication type="url">` (Icecast 2.4; docs/icecast.md#listener-authentication). */
export class UrlAuth {
  #settings: UrlAuthSettings
  #backendAt: (url: string) => UrlBackend
  #server: () => ServerName

  /** @param server name and port of this server, for the backend */
  constructor(settings: UrlAuthSettings, backendAt: (url: string) => UrlBackend, server: () => ServerName) {
    this.#settings = settings
    this.#backendAt = backendAt
    this.#server = server
  }

  /** Whether a listener is accepted; if so, the backend is notified when it has left. */
  async admit(coming: Visit & { headers: VisitHeaders }): Promise<Verdict> {
    const { listenerAdd: url, headers, headerPrefix } = this.#settings
    const { id, target, address, login: own, userAgent } = coming
    // kept for as long as it listens, so only what the last notification needs
    const visit: Visit = { id, target, address, login: own, userAgent }
    const login = this.#login ?? own
    const answer: UrlAuthAnswer =
      url === undefined
        ? { admitted: true, seconds: undefined }
        : await this.#ask({
            url,
            login,
            form: listenerAddForm(this.#server(), coming, { headers, headerPrefix }),
            about: 'listener',
            address,
          })
    if (!answer.admitted) return answer
    const leave = (seconds: number) =>
      this.#tell(this.#settings.listenerRemove, login, listenerRemoveForm(this.#server(), visit, seconds))
    return { ...answer, user: own?.user, leave }
  }

  /** Whether a source may feed the mount, or call the admin for it. */
  async admitSource(question: StreamQuestion): Promise<UrlAuthAnswer> {
    const { streamAuth: url } = this.#settings
    if (url === undefined) return unproven
    const { admin, address } = question
    const form = streamAuthForm(this.#server(), question)
    return this.#ask({ url, login: this.#login, form, about: admin ? 'admin' : 'source', address })
  }

  mountBegan(mount: Mount): void {
    this.#tell(this.#settings.mountAdd, this.#login, mountForm('mount_add', this.#server(), mount), true)
  }

  mountEnded(mount: Mount): void {
    this.#tell(
      this.#settings.mountRemove,
      this.#login,
      mountForm('mount_remove', this.#server(), mount),
      true,
    )
  }

  /** Our own login at the backend; undefined if none is configured. */
  get #login(): Message['login'] {
    const { username, password } = this.#settings
    return username === undefined ? undefined : { user: username, password: password ?? '' }
  }

  /** Asks the backend; no answer rejects the request. */
  async #ask(question: Question): Promise<UrlAuthAnswer> {
    const reply = await this.#backendAt(question.url).ask(question)
    if (reply === 'busy') return busy
    if (!reply) return unproven
    const said = reply.headers.get('icecast-auth-message')
    if (said !== null) log.info('message of auth backend', { message: said })
    return readAnswer(reply, this.#settings)
  }

  #tell(url: string | undefined, login: Message['login'], form: string, inOrder = false): void {
    if (url !== undefined) this.#backendAt(url).tell({ url, login, form }, inOrder)
  }
}

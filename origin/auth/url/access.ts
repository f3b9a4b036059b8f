import { getLogger } from '@logtape/logtape'
import type { Mount } from '../../../shared/mount.ts'
import type { UrlAccessSettings } from '../../config/xml/access-settings.ts'
import { busy, unproven, type Verdict } from '../verdict.ts'
import { type Answer, readAnswer } from './answer.ts'
import type { Message, Question, UrlBackend } from './backend.ts'
import {
  listenerAddForm,
  listenerRemoveForm,
  mountForm,
  type Server,
  type StreamQuestion,
  streamAuthForm,
  type Visit,
  type VisitHeaders,
} from './form.ts'

const log = getLogger(['distributary', 'auth'])

/** A mount's URL authentication, as its `<authentication type="url">` says (Icecast 2.4; docs/icecast.md#listener-authentication). */
export class UrlAccess {
  #settings: UrlAccessSettings
  #backendAt: (url: string) => UrlBackend
  #server: () => Server

  /** @param server how this server names itself to a backend */
  constructor(settings: UrlAccessSettings, backendAt: (url: string) => UrlBackend, server: () => Server) {
    this.#settings = settings
    this.#backendAt = backendAt
    this.#server = server
  }

  /** Whether a listener may come in; of who may the backend hears again when it has gone. */
  async admit(coming: Visit & { headers: VisitHeaders }): Promise<Verdict> {
    const { listenerAdd: url, headers, headerPrefix } = this.#settings
    const { id, target, address, login: own, userAgent } = coming
    // what is kept as long as it listens is no more than what has to be told then
    const visit: Visit = { id, target, address, login: own, userAgent }
    const login = this.#login ?? own
    const answer: Answer =
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

  /** Whether somebody may feed the mount, or do there what its source may. */
  async admitSource(question: StreamQuestion): Promise<Answer> {
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

  /** Our own at the backend; undefined where the operator gave us none. */
  get #login(): Message['login'] {
    const { username, password } = this.#settings
    return username === undefined ? undefined : { user: username, password: password ?? '' }
  }

  /** Without an answer nobody comes in. */
  async #ask(question: Question): Promise<Answer> {
    const reply = await this.#backendAt(question.url).ask(question)
    if (reply === 'busy') return busy
    if (!reply) return unproven
    const said = reply.headers.get('icecast-auth-message')
    if (said !== null) log.info('the backend says', { message: said })
    return readAnswer(reply, this.#settings)
  }

  #tell(url: string | undefined, login: Message['login'], form: string, inOrder = false): void {
    if (url !== undefined) this.#backendAt(url).tell({ url, login, form }, inOrder)
  }
}

import { parseBasic } from '../../shared/http/credentials.ts'
import type { Mount } from '../../shared/mount.ts'
import type { Visitor } from '../auth/mount-auth.ts'
import type { Admitted, Denied } from '../auth/verdict.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { Connection } from '../http/connection.ts'
import { unauthenticatedText } from '../http/logins.ts'
import type { ListenDeps } from './deps.ts'
import type { Admit, Placement } from './placement.ts'

/** One listener's authentication at a mount with `<authentication>`. */
export class Admission {
  #connection: Connection
  #mount: Mount
  #serving: ListenDeps
  #isTaken = false
  #entry: (Admitted & { id: number; atMs: number }) | undefined

  constructor(connection: Connection, mount: Mount, serving: ListenDeps) {
    this.#connection = connection
    this.#mount = mount
    this.#serving = serving
  }

  /** Asks whether the listener is allowed; undefined if everybody is. */
  get admit(): Admit | undefined {
    const { auth } = mountSettings(this.#serving.config, this.#mount)
    return auth && (() => this.#ask())
  }

  /**
   * What authentication returned about a listener: its user, its id for the backend, and when it must be disconnected.
   */
  get listener(): { id?: number; user?: string | undefined; deadlineMs?: number | undefined } {
    if (!this.#entry) return {}
    const { id, user, seconds, atMs } = this.#entry
    return { id, user, deadlineMs: seconds === undefined ? undefined : atMs + seconds * 1000 }
  }

  /** Whether its login is valid, but in use by another listener. */
  get isTaken(): boolean {
    return this.#isTaken
  }

  async #ask(): Promise<(Placement & { serve: false }) | undefined> {
    const { auth, state, nowMs, wrongLogins } = this.#serving
    const id = state.nextId()
    const verdict = await auth.admit(this.#visitor(id))
    if (!verdict.admitted) {
      this.#isTaken = verdict.status === 401 && verdict.isTaken === true
      return refusalOf(verdict)
    }
    wrongLogins.right(this.#connection.address, this.#connection.head.headers.get('authorization'))
    const atMs = nowMs()
    this.#entry = { ...verdict, id, atMs }
    // gone, or not served after all: the backend that was asked is told
    const leave = () => verdict.leave(Math.floor((nowMs() - atMs) / 1000))
    const { socket } = this.#connection
    if (socket.destroyed) leave()
    else socket.once('close', leave)
    return undefined
  }

  #visitor(id: number): Visitor {
    const { socket, head, address } = this.#connection
    return {
      id,
      mount: this.#mount,
      target: head.path + head.query,
      address,
      login: parseBasic(head.headers.get('authorization')),
      userAgent: head.headers.get('user-agent'),
      headers: head.headers,
      stays: head.method !== 'HEAD',
      isGone: () => socket.readableEnded || socket.destroyed,
      close: () => socket.destroy(),
    }
  }
}

function refusalOf(denied: Denied): Placement & { serve: false } {
  const nothing = { serve: false, forRoom: false } as const
  if (denied.status === 302) return { ...nothing, status: denied.status, location: denied.location }
  const text = denied.status === 401 ? unauthenticatedText : denied.text
  return { ...nothing, status: denied.status, text }
}

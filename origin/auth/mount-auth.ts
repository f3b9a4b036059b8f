import { isLogin, type Login } from '../../shared/http/credentials.ts'
import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { AuthSettings, HtpasswdSettings, UrlAuthSettings } from '../config/xml/auth-settings.ts'
import type { Timers } from '../lib/timers.ts'
import { HtpasswdUsers, hashingQueue } from './htpasswd/users.ts'
import { Seats, type Sitter } from './seats.ts'
import { UrlBackend } from './url/backend.ts'
import type { Visit, VisitHeaders } from './url/form.ts'
import { UrlAuth } from './url/url-auth.ts'
import { admittedFreely, busy, type Denied, unproven, type Verdict } from './verdict.ts'

export interface MountAuthDeps {
  config: Pick<OriginConfig, 'mounts' | 'sourcePassword' | 'hostname' | 'port'>
  nowMs: () => number
  timers: Timers
  fetch: typeof fetch
}

/** A request to listen to a mount. */
export interface Visitor extends Visit, Sitter {
  mount: Mount
  headers: VisitHeaders
  /** false: a HEAD, which does not listen */
  stays: boolean
}

/** A request to feed a mount. */
export interface SourceRequest {
  mount: Mount
  login: Login | undefined
  address: string
}

/** Whether a source may feed a mount; `owner` is the user who may take the mount over from it. */
export type SourceVerdict = Denied | { admitted: true; owner: string }

/** Authorizes listeners, sources, and admin calls with a source's login, each by the block of its mount. */
export class MountAuth {
  #deps: MountAuthDeps
  #seats = new Seats()
  /** by path: the cache of a file survives a reload of the settings */
  #users = new Map<string, HtpasswdUsers>()
  #hashing = hashingQueue()
  /** by the origin of their URLs: a slow backend does not delay the listeners of others */
  #backends = new Map<string, UrlBackend>()

  constructor(deps: MountAuthDeps) {
    this.#deps = deps
  }

  /** Whether a listener may have the mount. Relays with the server's relay login are not checked here. */
  admit(visitor: Visitor): Verdict | Promise<Verdict> {
    const auth = this.#of(visitor.mount)
    if (!auth) return admittedFreely
    if (auth.type === 'nobody') return unproven
    return auth.type === 'url' ? this.#byUrl(auth).admit(visitor) : this.#admitUser(visitor, auth)
  }

  /** Whether a source may feed the mount: by the mount's source login, or by the answer of its backend. */
  admitSource(request: SourceRequest): SourceVerdict | Promise<SourceVerdict> {
    return this.#admitOwner(request, false)
  }

  /** Whether a login is a source of the mount; it may then call admin commands for this mount (Icecast 2.4). */
  async mayAdmin(request: SourceRequest): Promise<boolean> {
    return (await this.#admitOwner(request, true)).admitted
  }

  /** Whether a login is the source login of the mount's block, or else of the server; no backend is asked. */
  isSource(mount: Mount, login: Login | undefined): boolean {
    const { config } = this.#deps
    const { sourceUser, sourcePassword = config.sourcePassword } = mountSettings(config, mount)
    return login !== undefined && sourcePassword !== undefined && isLogin(login, sourceUser, [sourcePassword])
  }

  /** The users who may listen to the mount; undefined if it has no password file. */
  usersOf(mount: Mount): HtpasswdUsers | undefined {
    const auth = this.#of(mount)
    return auth?.type === 'htpasswd' ? this.#usersIn(auth) : undefined
  }

  mountBegan(mount: Mount): void {
    const auth = this.#of(mount)
    if (auth?.type === 'url') this.#byUrl(auth).mountBegan(mount)
  }

  mountEnded(mount: Mount): void {
    const auth = this.#of(mount)
    if (auth?.type === 'url') this.#byUrl(auth).mountEnded(mount)
  }

  /** Resolves when all notifications to backends are delivered, or given up. */
  async settled(): Promise<void> {
    await Promise.all([...this.#backends.values()].map((backend) => backend.settled()))
  }

  #of(mount: Mount): AuthSettings | undefined {
    return mountSettings(this.#deps.config, mount).auth
  }

  #admitOwner(
    { mount, login, address }: SourceRequest,
    admin: boolean,
  ): SourceVerdict | Promise<SourceVerdict> {
    const auth = this.#of(mount)
    const owner = login?.user ?? ''
    if (auth?.type !== 'url' || auth.streamAuth === undefined)
      return this.isSource(mount, login) ? { admitted: true, owner } : unproven
    return this.#byUrl(auth)
      .admitSource({ mount, login, address, admin })
      .then((answer) => (answer.admitted ? { admitted: true, owner } : answer))
  }

  async #admitUser(visitor: Visitor, auth: HtpasswdSettings): Promise<Verdict> {
    const { login, mount, stays, isGone, close, address } = visitor
    if (!login) return unproven
    const isUser = await this.#usersIn(auth).admits(login, address)
    if (isUser === 'busy') return busy
    if (!isUser) return unproven
    const admitted = { admitted: true, user: login.user, seconds: undefined } as const
    if (!stays || auth.allowDuplicateUsers) return { ...admitted, leave() {} }
    const seat = `${mount} ${login.user}`
    const sitter = { isGone, close }
    if (!this.#seats.take(seat, sitter)) return { ...unproven, isTaken: true }
    return { ...admitted, leave: () => this.#seats.leave(seat, sitter) }
  }

  #usersIn({ file }: HtpasswdSettings): HtpasswdUsers {
    const known = this.#users.get(file) ?? new HtpasswdUsers(file, this.#deps.nowMs, this.#hashing)
    this.#users.set(file, known)
    return known
  }

  #byUrl(auth: UrlAuthSettings): UrlAuth {
    return new UrlAuth(
      auth,
      (url) => this.#backendAt(url),
      () => this.#deps.config,
    )
  }

  #backendAt(url: string): UrlBackend {
    const { origin } = new URL(url)
    const known = this.#backends.get(origin) ?? new UrlBackend(this.#deps)
    this.#backends.set(origin, known)
    return known
  }
}

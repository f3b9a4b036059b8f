import { isLogin, type Login } from '../../shared/http/credentials.ts'
import type { Mount } from '../../shared/mount.ts'
import type { OriginConfig } from '../config/config.ts'
import { mountSettings } from '../config/mount-settings.ts'
import type { AccessSettings, HtpasswdSettings, UrlAccessSettings } from '../config/xml/access-settings.ts'
import type { Timers } from '../lib/timers.ts'
import { HtpasswdUsers, hashingQueue } from './htpasswd/users.ts'
import { Seats, type Sitter } from './seats.ts'
import { UrlAccess } from './url/access.ts'
import { UrlBackend } from './url/backend.ts'
import type { Visit, VisitHeaders } from './url/form.ts'
import { admittedFreely, busy, type Denied, unproven, type Verdict } from './verdict.ts'

export interface MountAccessDeps {
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
export class MountAccess {
  #deps: MountAccessDeps
  #seats = new Seats()
  /** by path: the cache of a file survives a reload of the settings */
  #users = new Map<string, HtpasswdUsers>()
  #hashing = hashingQueue()
  /** by the origin of their URLs: a slow backend does not delay the listeners of others */
  #backends = new Map<string, UrlBackend>()

  constructor(deps: MountAccessDeps) {
    this.#deps = deps
  }

  /** Whether a listener may have the mount. Relays with the server's relay login are not checked here. */
  admit(visitor: Visitor): Verdict | Promise<Verdict> {
    const access = this.#of(visitor.mount)
    if (!access) return admittedFreely
    if (access.type === 'nobody') return unproven
    return access.type === 'url' ? this.#byUrl(access).admit(visitor) : this.#admitUser(visitor, access)
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
    const access = this.#of(mount)
    return access?.type === 'htpasswd' ? this.#usersIn(access) : undefined
  }

  mountBegan(mount: Mount): void {
    const access = this.#of(mount)
    if (access?.type === 'url') this.#byUrl(access).mountBegan(mount)
  }

  mountEnded(mount: Mount): void {
    const access = this.#of(mount)
    if (access?.type === 'url') this.#byUrl(access).mountEnded(mount)
  }

  /** Resolves when all notifications to backends are delivered, or given up. */
  async settled(): Promise<void> {
    await Promise.all([...this.#backends.values()].map((backend) => backend.settled()))
  }

  #of(mount: Mount): AccessSettings | undefined {
    return mountSettings(this.#deps.config, mount).access
  }

  #admitOwner(
    { mount, login, address }: SourceRequest,
    admin: boolean,
  ): SourceVerdict | Promise<SourceVerdict> {
    const access = this.#of(mount)
    const owner = login?.user ?? ''
    if (access?.type !== 'url' || access.streamAuth === undefined)
      return this.isSource(mount, login) ? { admitted: true, owner } : unproven
    return this.#byUrl(access)
      .admitSource({ mount, login, address, admin })
      .then((answer) => (answer.admitted ? { admitted: true, owner } : answer))
  }

  async #admitUser(visitor: Visitor, access: HtpasswdSettings): Promise<Verdict> {
    const { login, mount, stays, isGone, close, address } = visitor
    if (!login) return unproven
    const isUser = await this.#usersIn(access).admits(login, address)
    if (isUser === 'busy') return busy
    if (!isUser) return unproven
    const admitted = { admitted: true, user: login.user, seconds: undefined } as const
    if (!stays || access.allowDuplicateUsers) return { ...admitted, leave() {} }
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

  #byUrl(access: UrlAccessSettings): UrlAccess {
    return new UrlAccess(
      access,
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

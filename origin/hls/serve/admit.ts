import { parseBasic } from '../../../shared/http/credentials.ts'
import type { Mount } from '../../../shared/mount.ts'
import type { Denied } from '../../auth/verdict.ts'
import { mountSettings } from '../../config/mount-settings.ts'
import type { Connection } from '../../http/connection.ts'
import { unauthenticatedText } from '../../http/logins.ts'
import type { HlsSession } from '../sessions.ts'
import type { HlsDeps } from './deps.ts'

/** Why a request is not served. */
export type Refusal = { status: 302; location: string } | { status: 401 | 403 | 404 | 503; text: string }

/** s that a session lives until the playlist has told its target duration */
const firstTargetSeconds = 10

/** Accepts a new session, after authentication if the mount requires it: once, where the session begins. */
export async function admitSession(
  connection: Connection,
  mount: Mount,
  key: string,
  { auth, config, hls, nowMs, state, wrongLogins }: HlsDeps,
): Promise<{ session: HlsSession } | { refused: Refusal }> {
  const { head, address } = connection
  const { sessions } = hls
  const told = {
    mount,
    address,
    userAgent: head.headers.get('user-agent'),
    referer: head.headers.get('referer'),
    path: head.path,
    version: head.version,
  }
  const { maxListenerDurationS } = mountSettings(config, mount)
  const ownDeadlineMs = maxListenerDurationS === 0 ? undefined : nowMs() + maxListenerDurationS * 1000
  if (!mountSettings(config, mount).auth) {
    const free = { ...told, user: undefined, deadlineMs: ownDeadlineMs, leave: () => {} }
    return { session: sessions.accept(key, free, firstTargetSeconds) }
  }
  const id = state.nextId()
  const verdict = await auth.admit({
    id,
    mount,
    target: head.path + head.query,
    address,
    login: parseBasic(head.headers.get('authorization')),
    userAgent: told.userAgent,
    headers: head.headers,
    stays: true,
    isGone: () => sessions.get(key)?.id !== id,
    close: () => sessions.kill(mount, id),
  })
  if (!verdict.admitted) return { refused: refusalOf(verdict) }
  wrongLogins.right(address, head.headers.get('authorization'))
  const { user, seconds } = verdict
  const deadlineMs = seconds === undefined ? ownDeadlineMs : nowMs() + seconds * 1000
  const leave = (listenedMs: number) => verdict.leave(Math.floor(listenedMs / 1000))
  // another request of the same session may have been accepted meanwhile
  const known = sessions.get(key)
  if (known) {
    leave(0)
    return { session: known }
  }
  // many may have been asked about at the same time
  if (!sessions.hasRoomFor(address)) {
    leave(0)
    return { refused: { status: 503, text: 'too many listeners of this address' } }
  }
  return { session: sessions.accept(key, { ...told, id, user, deadlineMs, leave }, firstTargetSeconds) }
}

function refusalOf(denied: Denied): Refusal {
  if (denied.status === 302) return { status: 302, location: denied.location }
  return { status: denied.status, text: denied.status === 401 ? unauthenticatedText : denied.text }
}

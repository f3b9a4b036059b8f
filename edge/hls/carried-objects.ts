import type { Accounts } from '../../shared/api/auth.ts'
import type { View } from '../../shared/draw/view.ts'
import { hlsLimits } from '../../shared/hls/limits.ts'
import { MirroredObjects } from '../../shared/hls/mirrored-objects.ts'
import type { FetchedObject } from '../../shared/hls/object-cache.ts'
import { servesHls } from '../../shared/hls/place-session.ts'
import { readObject } from '../../shared/hls/read-object.ts'
import { printBasic } from '../../shared/http/credentials.ts'
import { FailOver } from '../../shared/http/fail-over.ts'
import { LastKnown } from '../../shared/last-known.ts'
import type { Mount } from '../../shared/mount.ts'
import { serverAgent } from '../../shared/version.ts'
import type { CarryingDeps } from '../carrying.ts'

interface Carrying extends CarryingDeps {
  accounts: Accounts
  current: () => View | Promise<View>
  nowMs: () => number
}

/**
 * The addresses of the masters that had objects of a mount a moment ago: where its source is away they report it no more, but still have
 * what players have not heard, and perhaps a fallback.
 */
type LatelyMasters = LastKnown<Mount, readonly string[]>

/** The objects that an edge carries: each is fetched once from a live master of its mount, however many listeners ask for it. */
export function carriedObjects(deps: Carrying): MirroredObjects {
  const failOver = new FailOver(deps.nowMs)
  const lately: LatelyMasters = new LastKnown(deps.nowMs, hlsLimits.returnMs, hlsLimits.rememberedMax)
  return new MirroredObjects({
    nowMs: deps.nowMs,
    bytesMax: deps.bytesMax,
    fetch: (mount, path, bytesMax) => {
      const fetching = fetchCarried({ mount, path, bytesMax }, { failOver, lately }, deps)
      deps.defer?.(fetching)
      return fetching
    },
  })
}

/** An object, by its path at every server. */
interface Wanted {
  mount: Mount
  path: string
  bytesMax: number
}

/** Segments never change, so the runtime's cache may have one; a playlist comes from the master. */
async function fetchCarried(
  wanted: Wanted,
  { failOver, lately }: { failOver: FailOver; lately: LatelyMasters },
  deps: Carrying,
): Promise<FetchedObject> {
  const { mount, path } = wanted
  const isSegment = !path.endsWith('.m3u8')
  const kept = isSegment ? await deps.store?.get(path).catch(() => undefined) : undefined
  if (kept) return kept
  const view = await deps.current()
  const reported = masterUrls(view, mount, deps.nowMs())
  const urls = reported.length > 0 ? reported : (lately.get(mount) ?? [])
  const object = await failOver.ask(
    urls,
    (url) => url,
    (url) => fetchOne(url, wanted, deps),
    ({ status }) => status === 200,
  )
  if (!object) return { status: 404, type: '', bytes: new Uint8Array() }
  if (object.status === 200) lately.note(mount, urls)
  if (isSegment && object.status === 200 && !object.isPrivate)
    deps.defer?.(deps.store?.put(path, object) ?? Promise.resolve())
  return object
}

/**
 * The addresses of a mount's live masters, in the order in which relays use them: the first master by its id, and each of its urls.
 * One that was polled or registered has not reported: it has no objects, and must not see a password.
 */
const masterUrls = (view: View, mount: Mount, nowMs: number): string[] =>
  view
    .masters(mount, nowMs)
    .filter(servesHls)
    .flatMap(({ report }) => report.urls)

/** As a relay, which is not counted as a listener. A master that redirects is not followed: the password is for it alone. */
async function fetchOne(
  base: string,
  { path, bytesMax }: Wanted,
  { fetch, accounts }: Carrying,
): Promise<FetchedObject> {
  const { relayUser, relayPasswords } = accounts
  const login = { user: relayUser, password: relayPasswords[0] ?? '' }
  const url = base + path
  const response = await fetch(url, {
    headers: { 'User-Agent': serverAgent, Authorization: printBasic(login) },
    redirect: 'manual',
    signal: AbortSignal.timeout(hlsLimits.fetchMs),
  })
  const isPrivate = /\bprivate\b/.test(response.headers.get('cache-control') ?? '')
  return { ...(await readObject(response, url, bytesMax)), isPrivate }
}

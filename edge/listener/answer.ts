import { getLogger } from '@logtape/logtape'
import { masterUser, reporterOf } from '../../shared/api/auth.ts'
import type { RequestFacts } from '../../shared/api/routes.ts'
import { offAirMs, whyNoServer } from '../../shared/draw/absence.ts'
import { placeListener } from '../../shared/draw/place-listener.ts'
import {
  isRelayAgent,
  locationOf,
  mountHeaders,
  retryAfterSeconds,
  sentBackBy,
} from '../../shared/draw/redirect.ts'
import { View } from '../../shared/draw/view.ts'
import type { AnswerKind } from '../../shared/history/counts.ts'
import { parseMultivariantPath } from '../../shared/hls/paths.ts'
import { familyOf } from '../../shared/http/address.ts'
import { type Mount, parseMount, printMount } from '../../shared/mount.ts'
import type { LogLevel } from '../config.ts'
import type { MountDeps } from '../deps.ts'
import { multivariantFor } from '../hls/multivariant.ts'
import { answerPlayer, parsePlayerPath } from '../player/page.ts'
import { carriedHere } from './carried.ts'
import { textForEncoder } from './encoders.ts'
import type { MountHead } from './mount-head.ts'
import { answerPlaylist, parsePlaylist, parseWantedPlaylist, type WantedPlaylist } from './playlist.ts'
import type { RequestUrl } from './request-url.ts'

const logger = getLogger(['distributary', 'edge', 'redirect'])

/** Where a listener goes: the `Location` of a 302, or another answer, which says why there is none. */
type Placed = string | Response

/** Answers a request for a mount (docs/protocol.md#requests-to-an-edge): a 302 to a server, or why there is none. */
export function answerMount(
  deps: MountDeps,
  { method, headers }: Request,
  { path, query }: RequestUrl,
  facts: RequestFacts,
): Response | Promise<Response> {
  if (method !== 'GET' && method !== 'HEAD') return notAllowed(method)
  const placed = placeMount(deps, { method, headers, path, query, mount: parseMount(path) }, facts)
  if (placed === undefined) return failure(404, 'there is no such mount\n')
  return typeof placed === 'string' ? redirect(placed) : placed
}

/**
 * Places the listener that a GET or HEAD comes from, and counts it: the `Location` of a 302, or the whole answer if it is
 * another one, or if the servers have to be asked for first; undefined if the path does not name a mount. This is what an
 * edge does all day, so a runtime that has read a head itself calls it without a `Request`, and a 302 needs no `Response`.
 */
export function placeMount(
  deps: MountDeps,
  head: MountHead,
  facts: RequestFacts,
): Placed | Promise<Response> | undefined {
  if (!namesMount(head)) return undefined
  const view = deps.cluster.current()
  if (!(view instanceof Promise)) return placeBy(view, deps, head, facts)
  return view.then(
    (known) => responseOf(placeBy(known, deps, head, facts)),
    () => responseOf(placeBlindly(deps, head, facts, isRelay(deps, head, facts))),
  )
}

type Named = MountHead & { readonly mount: Mount }

const namesMount = (head: MountHead): head is Named => head.mount !== undefined

function placeBy(view: View, deps: MountDeps, head: Named, facts: RequestFacts): Placed {
  const { mount, query, method, headers } = head
  const login = headers.get('authorization')
  const userAgent = headers.get('user-agent')
  const provenRelay = login !== null && isReporter(deps, login, facts.address)
  const relay = provenRelay || isRelayAgent(userAgent)
  const placed = placeListener(
    view,
    {
      mount,
      query,
      head: method === 'HEAD',
      userAgent,
      range: headers.get('range'),
      relay,
      needsRoom: !provenRelay,
      sender: facts,
    },
    deps,
  )
  if (placed === 'unknown mount') return placeUnknown(view, deps, head, facts, relay)
  // an edge is not among its own candidates, so `here` cannot come
  if (typeof placed === 'string')
    return placeAtLastResort(deps, head, facts, () => `${whyNoServer(view, mount, deps.nowMs())}\n`)
  if (logsRedirects(deps.config.logLevel)) logRedirect(head, facts, relay, placed.id)
  count(deps, relay ? 'relay' : 'redirect', head, facts)
  return placed.location
}

/** Counts a request by its answer. @param head undefined: its mount does not count, since anybody may make one up */
function count(deps: MountDeps, answer: AnswerKind, head: Named | undefined, facts: RequestFacts): void {
  const sentBackBy = head && head.query !== '' ? sendBackOf(head.query) : undefined
  const country = answer === 'redirect' && head?.method === 'GET' ? facts.from?.country : undefined
  deps.cluster.count({ answer, mount: head?.mount, country, sentBackBy, n: 1 })
}

const sendBackOf = (query: string): string | undefined => {
  const server = sentBackBy(query)
  return server === '-' ? undefined : server
}

const logsRedirects = (level: LogLevel) => level === 'debug' || level === 'trace'

/** Logs where a listener of a mount was sent and why, but not its address. A hop is a server that sent it back before. */
function logRedirect({ mount, query }: Named, { from }: RequestFacts, relay: boolean, server: string): void {
  const sentBack = sentBackBy(query)
  const why = relay ? 'relay' : sentBack === undefined ? 'draw' : 'sent back'
  logger.debug('redirect', {
    mount,
    server,
    why,
    hops: sentBack === undefined ? 0 : 1,
    country: from?.country,
  })
}

/** At the last resort; if there is none, the player is asked to come back a little later. */
function placeAtLastResort(deps: MountDeps, head: Named, facts: RequestFacts, why: () => string): Placed {
  const { mount, query } = head
  const { lastResortUrl } = deps.config
  count(deps, lastResortUrl === undefined ? 'no_room' : 'last_resort', head, facts)
  if (lastResortUrl === undefined) return busy(deps, why())
  if (!lastResortUrl.endsWith('/')) return lastResortUrl
  return locationOf(lastResortUrl.slice(0, -1) + printMount(mount), query)
}

/**
 * Places a listener while no server is known: the store cannot be asked, or has forgotten everything. Any path may then be a
 * mount; only a browser that opens a player page gets that. A playlist of one names the edge's own URL, by which its player comes back; a relay waits for its master.
 */
function placeBlindly(deps: MountDeps, head: Named, facts: RequestFacts, relay: boolean): Placed {
  const why = 'the servers are not known at the moment\n'
  if (relay) return busy(deps, why)
  const player = isForPeople(head) ? parsePlayerPath(head.path) : undefined
  if (player) return playerOf(new View(deps.config.maxListenersDefault), deps, player, head)
  const playlist = parsePlaylist(head.path)
  if (!playlist) return placeAtLastResort(deps, head, facts, () => why)
  return playlistOf(new View(deps.config.maxListenersDefault), deps, playlist, head, facts)
}

const isRelay = (deps: MountDeps, { headers }: MountHead, { address }: RequestFacts): boolean =>
  isRelayAgent(headers.get('user-agent')) || isReporter(deps, headers.get('authorization'), address)

/** Whether a request for a mount carries a login of this cluster; other logins are listeners', for the server they go to. */
function isReporter(
  { config, door }: MountDeps,
  header: string | null,
  address: string | undefined,
): boolean {
  if (header === null) return false
  const { accounts } = config
  const isOurs = (user: string) =>
    user === accounts.relayUser || user === masterUser || accounts.relays.has(user)
  return (
    door.judgeNow({ header, address, door: 'a mount' }, (login) => reporterOf(accounts, login), isOurs) !==
    undefined
  )
}

/** Browsers name the type of a page first when they open one; what plays audio does not name it. */
const isForPeople = ({ headers }: MountHead): boolean => (headers.get('accept') ?? '').includes('text/html')

const playerOf = (view: View, deps: MountDeps, mount: Mount, { method }: Named): Response =>
  answerPlayer(view, mount, { isHead: method === 'HEAD', nowMs: deps.nowMs() })

/** A mount that no server reported may still be a playlist of one that was reported. */
function placeUnknown(view: View, deps: MountDeps, head: Named, facts: RequestFacts, relay: boolean): Placed {
  const hasForgotten = view.servers.size === 0 && deps.config.lastResortUrl !== undefined
  if (hasForgotten && !relay) return placeBlindly(deps, head, facts, relay)
  const playlist = parseWantedPlaylist(head.path, view, deps.nowMs())
  if (playlist) return playlistOf(view, deps, playlist, head, facts)
  const packaged = parseMultivariantPath(head.path)
  if (packaged && !relay && view.isKnown(packaged, deps.nowMs()))
    return placeSession(view, { ...head, mount: packaged }, deps, facts)
  const player = relay ? undefined : parsePlayerPath(head.path)
  if (player) return playerOf(view, deps, player, head)
  count(deps, 'unknown_mount', undefined, facts)
  const why = `${whyUnknown(view, head.mount, relay, deps.nowMs())}\n`
  // a list would name a mount that slaves carry, which this relay cannot have
  if (relay && view.isKnown(head.mount, deps.nowMs())) return failure(404, why)
  return failure(404, why + carriedHere(view, deps.nowMs()))
}

/** Why a mount is unknown: to a relay, which needs a master, or to everybody. */
function whyUnknown(view: View, mount: Mount, relay: boolean, nowMs: number): string {
  if (relay && view.isKnown(mount, nowMs))
    return offAirMs(view, mount, nowMs) === undefined
      ? 'no live master carries this mount, only slaves do: a relay needs a master'
      : 'this mount is off air: no live master carries it'
  return view.servers.size === 0 ? 'no server has reported to this edge yet' : 'no server carries this mount'
}

/** A listener by HLS: the playlist names its servers. */
function placeSession(view: View, head: Named, deps: MountDeps, facts: RequestFacts): Placed {
  const answered = multivariantFor(view, head.mount, deps, head, facts)
  if (answered === 'not packaged')
    return failure(
      404,
      'this mount is not available by HLS: HLS cannot carry its format, or its master does not package it\n',
    )
  if (typeof answered === 'string') {
    count(deps, 'no_room', head, facts)
    return busy(deps, `${whyNoServer(view, head.mount, deps.nowMs())}\n`)
  }
  count(deps, 'hls', head, facts)
  return answered
}

function playlistOf(
  view: View,
  deps: MountDeps,
  playlist: WantedPlaylist,
  { query, method }: Named,
  facts: RequestFacts,
): Response {
  count(deps, 'playlist', undefined, facts)
  const { secure, from } = facts
  const base = facts.here ?? facts.base
  const { httpsOnly } = deps.config
  const head = method === 'HEAD'
  const family = familyOf(facts.address)
  const asked = { query, secure, family, httpsOnly, base, from, head }
  return answerPlaylist(view, playlist, asked, deps.nowMs(), deps.roll)
}

/** Every redirect is a copy of this one: copying its headers costs less than setting each again. */
const redirectTemplate = new Response(null, {
  status: 302,
  headers: { ...mountHeaders, 'Content-Length': '0' },
})

function redirect(location: string): Response {
  const response = redirectTemplate.clone()
  response.headers.set('Location', location)
  return response
}

const responseOf = (placed: Placed): Response => (typeof placed === 'string' ? redirect(placed) : placed)

const busy = (deps: MountDeps, text: string) =>
  failure(503, text, { 'Retry-After': String(retryAfterSeconds(deps.roll())) })

const notAllowed = (method: string) =>
  failure(405, textForEncoder(method), {
    Allow: 'GET, HEAD, OPTIONS',
  })

const failure = (status: number, text: string, headers: Record<string, string> = {}) =>
  new Response(text, {
    status,
    headers: { ...mountHeaders, 'Content-Type': 'text/plain; charset=utf-8', ...headers },
  })

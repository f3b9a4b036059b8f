import { masterUser, reporterOf } from '../../shared/api/auth.ts'
import type { RequestFacts } from '../../shared/api/routes.ts'
import { type Decision, decide } from '../../shared/draw/decide.ts'
import {
  isRelayAgent,
  locationOf,
  mountHeaders,
  retryAfterSeconds,
  sentBackBy,
} from '../../shared/draw/redirect.ts'
import { isProbe, isSticky, stickyRoll } from '../../shared/draw/sticky.ts'
import { View } from '../../shared/draw/view.ts'
import { familyOf } from '../../shared/http/address.ts'
import type { LoginDoor } from '../../shared/http/login-door.ts'
import { type Mount, parseMount, printMount } from '../../shared/mount.ts'
import type { EdgeDeps } from '../app.ts'
import type { Tally } from '../tally.ts'
import { answerPlaylist, parsePlaylist, parseWantedPlaylist, type WantedPlaylist } from './playlist.ts'
import type { RequestUrl } from './request-url.ts'

/** What an answer needs beside the request. */
export interface MountDeps extends EdgeDeps {
  tally: Tally
  door: LoginDoor
}

/** What a decision looks at in a request: one that a runtime parsed has it, and a head that we did. */
interface Asking {
  readonly method: string
  readonly headers: { get(name: string): string | null }
}

/** {@link Asking}, with its URL taken apart. */
export interface MountRequest extends Asking, RequestUrl {
  /** undefined where the path is none of a mount */
  readonly mount: Mount | undefined
}

/**
 * Answers a request for a mount (docs/protocol.md#requests-to-an-edge): a 302 to a server, or why there is none.
 * It stands ahead of the router, since it is what an edge does all day.
 */
export function answerMount(
  deps: MountDeps,
  request: Request,
  { path, query }: RequestUrl,
  facts: RequestFacts,
): Response | Promise<Response> {
  const { method } = request
  if (method !== 'GET' && method !== 'HEAD') return notAllowed(method)
  const mount = parseMount(path)
  if (mount === undefined) return failure(404, 'there is no such mount\n')
  const wanted = { mount, path, query, facts }
  const answer = (view: View) => answerFrom(view, deps, request, wanted)
  const view = deps.cluster.current()
  return view instanceof Promise
    ? view.then(answer, () => answerBlindly(deps, request, wanted))
    : answer(view)
}

/**
 * The `Location` of the 302 that a GET or HEAD is due, counted as sent; undefined where another answer is due, or the view
 * has to be waited for: {@link answerMount} then gives it.
 */
export function locateMount(deps: MountDeps, request: MountRequest, facts: RequestFacts): string | undefined {
  const { mount, path, query } = request
  const view = mount === undefined ? undefined : deps.cluster.current()
  if (mount === undefined || view === undefined || view instanceof Promise) return undefined
  const outcome = outcomeOf(view, deps, request, { mount, path, query, facts })
  return typeof outcome === 'string' ? undefined : outcome.location
}

interface Wanted extends RequestUrl {
  mount: Mount
  facts: RequestFacts
}

function answerFrom(view: View, deps: MountDeps, request: Request, wanted: Wanted): Response {
  const outcome = outcomeOf(view, deps, request, wanted)
  if (typeof outcome === 'string') return answerWithout(outcome, deps, view, request, wanted)
  return redirect(outcome.location)
}

/** Where a request is redirected to, counted; or why nowhere. */
function outcomeOf(
  view: View,
  deps: MountDeps,
  request: Asking,
  wanted: Wanted,
): { location: string } | (Decision & string) {
  const { config, nowMs } = deps
  const { mount, query, facts } = wanted
  const sentBack = sentBackBy(query)
  const login = request.headers.get('authorization')
  const userAgent = request.headers.get('user-agent')
  const range = request.headers.get('range')
  const provenRelay = login !== null && isReporter(deps, login, facts.address)
  const asked = {
    mount,
    secure: facts.secure,
    family: view.hasLiterals ? familyOf(facts.address) : undefined,
    address: view.hasLiterals ? facts.address : undefined,
    relay: provenRelay || isRelayAgent(userAgent),
    except: sentBack === '-' ? undefined : sentBack,
    from: facts.from,
    // HEAD asks for nothing yet, nor do the two bytes by which Apple's players look whether ranges work
    probe: request.method === 'HEAD' || isProbe(range),
  }
  const atMs = nowMs()
  const roll = isSticky(range, userAgent)
    ? stickyRoll(facts.address ?? '', userAgent ?? '', mount, atMs)
    : deps.roll
  const decision = decide(view, asked, atMs, roll, config)
  if (typeof decision === 'string') return decision
  if (!asked.probe && !provenRelay) deps.redirected(decision.server)
  deps.tally[asked.relay ? 'relay' : 'redirect']++
  return { location: locationOf(decision.url, query) }
}

function answerWithout(
  decision: Decision & string,
  deps: MountDeps,
  view: View,
  request: Request,
  wanted: Wanted,
): Response {
  if (decision === 'unknown mount') return answerUnknown(deps, view, request, wanted)
  return answerLastResort(deps, wanted, 'every server that carries this mount is out or full\n')
}

/** To the last resort, or where there is none the player is asked back a little later. */
function answerLastResort(deps: MountDeps, { mount, query }: Wanted, why: string): Response {
  const { lastResortUrl } = deps.config
  deps.tally[lastResortUrl === undefined ? 'no room' : 'last resort']++
  if (lastResortUrl === undefined) return busy(deps, why)
  if (!lastResortUrl.endsWith('/')) return redirect(lastResortUrl)
  return redirect(locationOf(lastResortUrl.slice(0, -1) + printMount(mount), query))
}

/**
 * Answers where no server is known at all: the store cannot be asked, or has forgotten everything. Whatever a listener asks for
 * may then be a mount, and a playlist of one names our own URL, by which its player comes back. A relay waits for its master.
 */
function answerBlindly(deps: MountDeps, request: Request, wanted: Wanted): Response {
  const why = 'the servers are not known at the moment\n'
  if (isRelay(deps, request, wanted)) return busy(deps, why)
  const playlist = parsePlaylist(wanted.path)
  if (!playlist) return answerLastResort(deps, wanted, why)
  return playlistOf(deps, new View(deps.config.maxListenersDefault), playlist, request, wanted)
}

const isRelay = (deps: MountDeps, { headers }: Asking, { facts }: Wanted): boolean =>
  isRelayAgent(headers.get('user-agent')) || isReporter(deps, headers.get('authorization'), facts.address)

/** Whether a request for a mount comes with a login of ours; others are those of listeners, for the server they go to. */
function isReporter(
  { config, door }: MountDeps,
  header: string | null,
  address: string | undefined,
): boolean {
  if (header === null) return false
  const { access } = config
  const isOurs = (user: string) => user === access.relayUser || user === masterUser || access.relays.has(user)
  return (
    door.judgeNow({ header, address, door: 'a mount' }, (login) => reporterOf(access, login), isOurs) !==
    undefined
  )
}

/** A mount that no server reported may still be a playlist of one that was. */
function answerUnknown(deps: MountDeps, view: View, request: Request, wanted: Wanted): Response {
  const hasForgotten = view.servers.size === 0 && deps.config.lastResortUrl !== undefined
  if (hasForgotten && !isRelay(deps, request, wanted)) return answerBlindly(deps, request, wanted)
  const playlist = parseWantedPlaylist(wanted.path, view, deps.nowMs())
  if (playlist) return playlistOf(deps, view, playlist, request, wanted)
  deps.tally['unknown mount']++
  return failure(404, 'no server carries this mount\n')
}

function playlistOf(
  deps: MountDeps,
  view: View,
  playlist: WantedPlaylist,
  request: Request,
  { query, facts }: Wanted,
): Response {
  deps.tally.playlist++
  const { secure, from } = facts
  const base = facts.here ?? facts.base
  const { httpsOnly } = deps.config
  const head = request.method === 'HEAD'
  const family = familyOf(facts.address)
  const asked = { query, secure, family, httpsOnly, base, from, head }
  return answerPlaylist(view, playlist, asked, deps.nowMs(), deps.roll)
}

/** Every redirect is a copy of this one: copying its headers costs less than setting each anew. */
const redirectTemplate = new Response(null, {
  status: 302,
  headers: { ...mountHeaders, 'Content-Length': '0' },
})

function redirect(location: string): Response {
  const response = redirectTemplate.clone()
  response.headers.set('Location', location)
  return response
}

const busy = (deps: MountDeps, text: string) =>
  failure(503, text, { 'Retry-After': String(retryAfterSeconds(deps.roll())) })

const notAllowed = (method: string) =>
  failure(405, `${method} is not for listeners: sources connect to the master, not to the edge\n`, {
    Allow: 'GET, HEAD, OPTIONS',
  })

const failure = (status: number, text: string, headers: Record<string, string> = {}) =>
  new Response(text, {
    status,
    headers: { ...mountHeaders, 'Content-Type': 'text/plain; charset=utf-8', ...headers },
  })

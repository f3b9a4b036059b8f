import type { PlacingDeps } from '../draw/place-listener.ts'
import { urlAt } from '../draw/pool/pool.ts'
import { isLive, type Server, screen } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import type { Balance } from './balance.ts'
import { hlsLimits } from './limits.ts'
import { drawServers, type HlsListener, type HlsPlace, servesHls } from './place-session.ts'

/** A player that asks where to fetch from. */
export interface SteeredListener extends HlsListener {
  /** the server that it fetches from now, by its id; undefined if it does not say, or says another */
  readonly current: string | undefined
}

/** Where a session goes on: servers in order of preference, and in how many seconds it asks again. */
export interface Steering {
  places: readonly HlsPlace[]
  ttlSeconds: number
  /** the first is another server than the current one: this listener moves, and has to be counted */
  moves: boolean
  /** it should leave the first, and no other server has room */
  isStuck?: boolean
}

export interface SteeringDeps extends PlacingDeps {
  /** whether so many players ask that they should ask less often where nothing has to move */
  isBusy: () => boolean
  /** what this decider did before */
  balance: Balance
}

/** One question, with what is known at its moment. */
interface Question {
  view: View
  listener: SteeredListener
  deps: SteeringDeps
  nowMs: number
  /** s: of the mount's playlist */
  targetSeconds: number
  /** drawn as for a new listener, without the current server */
  others: readonly HlsPlace[]
}

/**
 * Steers a session (docs/hls.md#steering): it stays where it is while its server is live, open and not overfull; otherwise
 * it moves to a server drawn as for a new listener. The caller counts the move at the new server.
 */
export function steer(view: View, listener: SteeredListener, deps: SteeringDeps): Steering | undefined {
  const nowMs = deps.nowMs()
  const { mount, current } = listener
  const drawn = drawServers(view, { ...listener, probe: true }, deps, hlsLimits.pathwaysMax)
  const isOther = ({ server }: HlsPlace) => server.report.id !== current
  const others = typeof drawn === 'string' ? [] : drawn.filter(isOther)
  const targetSeconds = view.about(mount, nowMs)?.hls || hlsLimits.segmentSeconds
  const question = { view, listener, deps, nowMs, targetSeconds, others }
  const here = placeOf(view, listener)
  const steering =
    here && isOpen(view, listener, here.server, nowMs) ? stayOrEven(here, question) : goAway(here, question)
  if (steering?.moves && here) deps.balance.depart(here.server, nowMs)
  return steering
}

/** It stays, unless its server is overfull and the dice choose it: as many as are too many go within about a minute. */
function stayOrEven(here: HlsPlace, question: Question): Steering {
  const { deps, targetSeconds, others } = question
  const { balance, roll } = deps
  const load = clusterLoad(question)
  const excess = balance.utilisation(here.server, targetSeconds) - load
  const isOverfull = balance.isOverfull(here.server, excess)
  const ttlSeconds = ttl(isOverfull, deps)
  const stay = { places: [here, ...others], ttlSeconds, moves: false }
  if (!isOverfull) return stay
  const target = emptierOf(question)
  // only to a server that is emptier than the cluster, those on their way to it included: never more than fit
  if (!target || balance.utilisation(target.server, targetSeconds) >= load) return stay
  const tooMany = excess * balance.slots(here.server)
  const sessions = Math.max(1, balance.listeners(here.server, targetSeconds))
  if (roll() >= (tooMany / sessions) * (ttlSeconds / hlsLimits.rebalanceSeconds)) return stay
  return { places: [target, here, ...others.filter((each) => each !== target)], ttlSeconds, moves: true }
}

/** It goes to one of the others; where none has room, it stays as long as its server lives. */
function goAway(here: HlsPlace | undefined, question: Question): Steering | undefined {
  const { deps, nowMs, others } = question
  const ttlSeconds = ttl(true, deps)
  const target = emptierOf(question)
  if (target)
    return { places: [target, ...others.filter((each) => each !== target)], ttlSeconds, moves: true }
  return here && isLive(here.server, nowMs)
    ? { places: [here], ttlSeconds, moves: false, isStuck: true }
    : undefined
}

/**
 * Of the first two that were drawn, the emptier one: all the sessions of a server go at once, and one draw alone would spread them
 * with more chance than those who come one by one (two choices, Mitzenmacher 2001).
 */
function emptierOf({
  others: [first, second],
  deps: { balance },
  targetSeconds,
}: Question): HlsPlace | undefined {
  if (!first || !second) return first
  const difference =
    balance.utilisation(first.server, targetSeconds) - balance.utilisation(second.server, targetSeconds)
  return difference > hlsLimits.emptierPoints / 100 ? second : first
}

/** The current server, and the mount's url there; undefined if the mount is not there, or not by the listener's scheme. */
function placeOf(view: View, { mount, sender, current }: SteeredListener): HlsPlace | undefined {
  for (const secure of sender.secure ? [true, false] : [false]) {
    const pool = view.pool(mount, secure)
    const candidate = pool?.at(pool.indexOf(current))
    if (candidate && servesHls(candidate.server))
      return { server: candidate.server, url: urlAt(candidate, mount) }
  }
  return undefined
}

/** Whether a server takes part, apart from its room: a session has its slot already. */
function isOpen(view: View, { mount }: SteeredListener, server: Server, nowMs: number): boolean {
  const carries = view.mounts.get(mount)?.carriers.has(server.report.id) === true
  return screen(server, 1, carries, nowMs) === null
}

/** The share of slots that are taken, over all servers that could have the session. */
function clusterLoad({ view, listener, deps: { balance }, nowMs, targetSeconds }: Question): number {
  let listeners = 0
  let slots = 0
  for (const server of view.mounts.get(listener.mount)?.carriers.servers() ?? []) {
    if (!servesHls(server) || !isOpen(view, listener, server, nowMs)) continue
    listeners += balance.listeners(server, targetSeconds)
    slots += balance.slots(server)
  }
  return listeners / Math.max(1, slots)
}

/** s until the next question of a session that no server has to steer. */
export const steeringTtl = (deps: SteeringDeps): number => ttl(false, deps)

/** s until the next question: longer where many ask and nothing has to move. An integer, spread by the dice. */
function ttl(isUnrest: boolean, { roll, isBusy }: SteeringDeps): number {
  const seconds = !isUnrest && isBusy() ? hlsLimits.calmTtlSeconds : hlsLimits.ttlSeconds
  return Math.round(seconds * (1 + (2 * roll() - 1) * hlsLimits.ttlJitter))
}

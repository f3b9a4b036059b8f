import type { Registry } from '../cluster/registry.ts'
import type { ClusterEvent } from '../cluster/watch/event.ts'
import type { View } from '../draw/view.ts'
import type { Counted } from '../history/counts.ts'
import type { WrongLogin } from '../http/wrong-logins.ts'
import { accept, type Post, type Registration, type ReportAnswer, register } from './accept.ts'
import { acceptPolled, type PolledServerAnswer } from './accept-polled.ts'
import type { Accounts } from './auth.ts'
import type { Seen } from './cluster-json.ts'
import { historyOf, playsOf } from './history.ts'
import type { HistoryRowJson, PlayJson } from './history-json.ts'
import type { HistoryQuery, PlaysQuery } from './history-query.ts'
import { seenOf } from './seen.ts'

type Awaitable<T> = T | Promise<T>

/** The cluster as the HTTP side of a decider uses it: the same with a Durable Object and in one process. */
export interface Cluster {
  /** the view for decisions and pages, as fresh as the runtime provides it */
  current(): Awaitable<View>
  /** the view with everything that was answered before this call; costs a request to the store if that is remote */
  fresh(): Awaitable<View>
  accept(post: Post): Awaitable<ReportAnswer>
  /** registers an icecast-kh slave */
  register(registration: Registration): Awaitable<ReportAnswer>
  /** adds a server to poll, from the body of an operator's request */
  addPolled(body: string): Awaitable<PolledServerAnswer>
  /** returns false if there is no server of that id. @param by the operator, for the events */
  setDrain(id: string, drained: boolean, by?: string): Awaitable<boolean>
  /** the same */
  forget(id: string, by?: string): Awaitable<boolean>
  /** Remembers a wrong login among the events. */
  wrongLogin(login: WrongLogin): void
  /** Counts requests for mounts. */
  count(counted: Counted): void
  history(query: HistoryQuery): Awaitable<HistoryRowJson[]>
  /** undefined: more than one answer holds */
  plays(query: PlaysQuery): Awaitable<PlayJson[] | undefined>
  /** the last day, for the public page: at most a minute old */
  lastDay(): Awaitable<HistoryRowJson[]>
  /** what is known beyond the view */
  seen(): Awaitable<Seen>
  /** ms since 1970 by the wall clock */
  wallMs(): number
  /** the last events, the oldest first */
  events(): Awaitable<readonly ClusterEvent[]>
  /** throws if the store cannot be read or written */
  check(): Awaitable<void>
}

/** A cluster whose registry is in this process: Bun, Deno, Node, and a master that decides itself. */
export const localCluster = (registry: Registry, accounts: Accounts, nowMs: () => number): Cluster => ({
  current: () => registry.current(nowMs()),
  fresh: () => registry.current(nowMs()),
  accept: (post) => accept(registry, accounts, post, nowMs()),
  register: (registration) => register(registry, accounts, registration, nowMs()),
  addPolled: (body) => acceptPolled(registry, body, nowMs()),
  setDrain: (id, drained, by) => registry.setDrain(id, drained, { nowMs: nowMs(), by }),
  forget: (id, by) => registry.forget(id, { nowMs: nowMs(), by }),
  wrongLogin: (login) => registry.wrongLogin(login, nowMs()),
  count: (counted) => registry.count(counted, nowMs()),
  history: (query) => historyOf(registry.history, query, nowMs()),
  plays: (query) => playsOf(registry.history, query, nowMs()),
  lastDay: () => historyOf(registry.history, lastDay(registry.history.wallMs(nowMs())), nowMs()),
  seen: () => seenOf(registry, nowMs()),
  wallMs: () => registry.history.wallMs(nowMs()),
  events: () => registry.events(nowMs()),
  check: () => registry.check(nowMs()),
})

/** The last day in steps of five minutes. */
export const lastDay = (wallMs: number): HistoryQuery => ({
  mount: undefined,
  server: undefined,
  from: wallMs / 1000 - 86_400,
  to: wallMs / 1000,
  step: 300,
})

import type { ClusterEvent } from '../cluster/event.ts'
import type { Registry } from '../cluster/registry.ts'
import type { HistoryRow } from '../cluster/server-table.ts'
import type { View } from '../draw/view.ts'
import type { WrongLogin } from '../http/wrong-logins.ts'
import { accept, type Post, type Registration, type ReportAnswer, register } from './accept.ts'
import { acceptPolled, type PolledServerAnswer } from './accept-polled.ts'
import type { Accounts } from './auth.ts'

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
  history(): Awaitable<HistoryRow[]>
  /** Remembers a wrong login among the events. */
  wrongLogin(login: WrongLogin): void
  /** the last events, the oldest first */
  events(): Awaitable<readonly ClusterEvent[]>
  /** throws if the store cannot be read or written */
  check(): Awaitable<void>
}

/** A cluster whose registry is in this process: Bun, Deno, Node, and a master that decides itself. */
export const localCluster = (registry: Registry, accounts: Accounts, nowMs: () => number): Cluster => ({
  current: () => registry.view,
  fresh: () => registry.view,
  accept: (post) => accept(registry, accounts, post, nowMs()),
  register: (registration) => register(registry, accounts, registration, nowMs()),
  addPolled: (body) => acceptPolled(registry, body, nowMs()),
  setDrain: (id, drained, by) => registry.setDrain(id, drained, { nowMs: nowMs(), by }),
  forget: (id, by) => registry.forget(id, { nowMs: nowMs(), by }),
  history: () => registry.history(nowMs()),
  wrongLogin: (login) => registry.wrongLogin(login, nowMs()),
  events: () => registry.events(nowMs()),
  check: () => registry.check(nowMs()),
})

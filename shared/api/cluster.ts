import type { Registry } from '../cluster/registry.ts'
import type { HistoryRow } from '../cluster/server-table.ts'
import type { View } from '../draw/view.ts'
import { type Answer, accept, type Post, type Registration, register } from './accept.ts'
import { acceptPolled, type Named } from './accept-polled.ts'
import type { Access } from './auth.ts'

type Awaitable<T> = T | Promise<T>

/** What the HTTP side of a decider needs of its cluster: the same on a Durable Object and in one process. */
export interface Cluster {
  /** what to decide and show from: fresh by the runtime's own rule */
  current(): Awaitable<View>
  /** the same with all that was answered before this call, at the price of a look into the store where that is remote */
  fresh(): Awaitable<View>
  accept(post: Post): Awaitable<Answer>
  /** an icecast-kh slave announces itself */
  register(registration: Registration): Awaitable<Answer>
  /** an operator names a server to be polled, in the body of a request */
  addPolled(body: string): Awaitable<Named>
  /** false: no server of that id */
  setDrain(id: string, drained: boolean): Awaitable<boolean>
  /** false: no server of that id */
  forget(id: string): Awaitable<boolean>
  history(): Awaitable<HistoryRow[]>
  /** throws where the store cannot be read */
  check(): Awaitable<void>
}

/** A cluster whose registry is in this process: Bun, Deno, Node, and a master that decides itself. */
export const localCluster = (registry: Registry, access: Access, nowMs: () => number): Cluster => ({
  current: () => registry.view,
  fresh: () => registry.view,
  accept: (post) => accept(registry, access, post, nowMs()),
  register: (registration) => register(registry, access, registration, nowMs()),
  addPolled: (body) => acceptPolled(registry, body, nowMs()),
  setDrain: (id, drained) => registry.setDrain(id, drained),
  forget: (id) => registry.forget(id),
  history: () => registry.history(nowMs()),
  check: () => registry.check(nowMs()),
})

import { markOf, withMark, withoutMark } from './group-key.ts'
import type { Host } from './host.ts'

/** The icecast-kh slaves, which are in every mount's pools, and the sum of their marks. */
export class Everywhere {
  readonly #hosts = new Map<string, Host>()
  #marks = 0

  get marks(): number {
    return this.#marks
  }
  get hosts(): Iterable<Host> {
    return this.#hosts.values()
  }

  has(id: string): boolean {
    return this.#hosts.has(id)
  }

  /** Returns whether it was not there. */
  add(host: Host): boolean {
    const { id } = host.server.report
    if (this.#hosts.has(id)) return false
    this.#hosts.set(id, host)
    this.#marks = withMark(this.#marks, markOf(host.number, 0, 0))
    return true
  }

  /** Returns whether it was there. */
  remove(id: string): boolean {
    const host = this.#hosts.get(id)
    if (!host) return false
    this.#hosts.delete(id)
    this.#marks = withoutMark(this.#marks, markOf(host.number, 0, 0))
    return true
  }
}

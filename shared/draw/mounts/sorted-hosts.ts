import type { Host } from './host.ts'

/**
 * The servers of a view by id. One that comes is put into its place: to sort ten thousand for the next page would be most of the turn
 * in which that begins.
 */
export class SortedHosts {
  readonly #hosts: Host[] = []

  get all(): readonly Host[] {
    return this.#hosts
  }

  /** @param host of an id that is not there */
  add(host: Host): void {
    this.#hosts.splice(this.#placeOf(idOf(host)), 0, host)
  }

  remove(host: Host): void {
    const at = this.#placeOf(idOf(host))
    if (this.#hosts[at] === host) this.#hosts.splice(at, 1)
  }

  /** The first place whose id is not before this one. */
  #placeOf(id: string): number {
    const last = this.#hosts.at(-1)
    // a store tells its servers by id: each belongs behind those before
    if (last === undefined || idOf(last) < id) return this.#hosts.length
    let from = 0
    let to = this.#hosts.length - 1
    while (from < to) {
      const middle = (from + to) >> 1
      const host = this.#hosts[middle]
      if (host !== undefined && idOf(host) < id) from = middle + 1
      else to = middle
    }
    return from
  }
}

const idOf = ({ server }: Host): string => server.report.id

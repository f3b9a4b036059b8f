import type { MountReport } from '../../report/report.ts'
import type { Server } from '../server.ts'
import type { Host } from './host.ts'
import type { OnAir } from './on-air.ts'
import { PlaceIndex } from './place-index.ts'

/** A server that carries a mount, as one look finds it. */
export interface MountCarrier {
  readonly host: Host
  readonly server: Server
  /** what the server's newest report says of the mount */
  readonly mount: MountReport
  /** it carries the mount only while a master does */
  readonly follows: boolean
}

/** numbers for each server: the mark, the listeners that count in the sums, flags, and where its report names the mount */
const numbersEach = 4
/** flags: its mark is one of a follower; it counts in the sums of the mount; it does as a follower */
const [follows, isCounted, isCountedAsFollower] = [1, 2, 4]
/** servers of a mount that are found by looking at each: to keep an index costs more */
const fewMax = 8

/**
 * The servers of one mount, and what each of them adds to the mount's key and sums. Ten thousand servers with a hundred mounts are a
 * million of these: they are numbers in one array for each mount, at which a garbage collector does not look, and not an object each.
 *
 * A server has a place, which is valid until one is removed.
 */
export class MountCarriers {
  readonly #known: ReadonlyMap<string, Host>
  /** by place */
  readonly #hosts: Host[] = []
  #numbers = new Float64Array(numbersEach)
  /** undefined as long as there are few */
  #index: PlaceIndex | undefined

  /** @param known the servers of the view by id, at least those that carry the mount */
  constructor(known: ReadonlyMap<string, Host>) {
    this.#known = known
  }

  get size(): number {
    return this.#hosts.length
  }

  has(id: string): boolean {
    return this.#placeOfId(id) >= 0
  }

  get(id: string): MountCarrier | undefined {
    return this.#at(this.#placeOfId(id))
  }

  *keys(): Generator<string, void> {
    for (const { server } of this.#hosts) yield server.report.id
  }

  *values(): Generator<MountCarrier, void> {
    for (let place = 0; place < this.size; place++) {
      const carrier = this.#at(place)
      if (carrier) yield carrier
    }
  }

  /** The servers alone: a listener who asks for a mount that ten thousand dead ones carry makes no garbage of them. */
  *servers(): Generator<Server, void> {
    for (const { server } of this.#hosts) yield server
  }

  /** Those that count in the sums of the mount. */
  *counted(): Generator<MountCarrier, void> {
    for (let place = 0; place < this.size; place++) {
      const carrier = this.#flagsAt(place) & isCounted ? this.#at(place) : undefined
      if (carrier) yield carrier
    }
  }

  /** -1 if it does not carry the mount. */
  placeOf(host: Host | undefined): number {
    if (host === undefined) return -1
    return this.#index ? this.#index.find(host, this.#hosts) : this.#hosts.indexOf(host)
  }

  /** What a server reports of the mount; undefined if it does not carry it. */
  reportOf(host: Host | undefined): MountReport | undefined {
    return this.reportAt(this.placeOf(host))
  }

  reportAt(place: number): MountReport | undefined {
    const host = this.#hosts[place]
    return host?.server.report.mounts.at(this.#numbers[place * numbersEach + 3] ?? 0)
  }

  /** Its server names the mount at another place of its report. */
  setListed(place: number, listedAt: number): void {
    if (place < 0 || place >= this.size) throw new RangeError(`there is no server at the place ${place}`)
    this.#numbers[place * numbersEach + 3] = listedAt
  }

  /** Adds a server that did not carry the mount; returns its place. @param listedAt where its report names the mount */
  add(host: Host, listedAt: number): number {
    const place = this.size
    const at = place * numbersEach
    if (at >= this.#numbers.length) {
      const grown = new Float64Array(this.#numbers.length * 2)
      grown.set(this.#numbers)
      this.#numbers = grown
    }
    this.#numbers.fill(0, at, at + numbersEach)
    this.#numbers[at + 3] = listedAt
    this.#hosts.push(host)
    if (this.#index) this.#index.add(host, place, this.#hosts)
    else if (this.size > fewMax) this.#index = PlaceIndex.of(this.#hosts)
    return place
  }

  /** Removes a server, which counts in nothing any more; the last one gets its place. */
  removeAt(place: number): void {
    const host = this.#hosts[place]
    const last = this.#hosts.at(-1)
    if (!host || !last) return
    this.#index?.remove(host, this.#hosts)
    if (last !== host) {
      this.#index?.move(last, place, this.#hosts)
      this.#hosts[place] = last
      const from = (this.size - 1) * numbersEach
      this.#numbers.copyWithin(place * numbersEach, from, from + numbersEach)
    }
    this.#hosts.pop()
    if (this.size <= fewMax) this.#index = undefined
  }

  /** What it adds to the key of the mount's group, as one that reports the mount or as one that follows its masters. */
  markAt(place: number): number {
    return this.#numbers[place * numbersEach] ?? 0
  }

  followsAt(place: number): boolean {
    return (this.#flagsAt(place) & follows) !== 0
  }

  setMark(place: number, mark: number, isFollower: boolean): void {
    this.#numbers[place * numbersEach] = mark
    this.#setFlags(place, (this.#flagsAt(place) & ~follows) | (isFollower ? follows : 0))
  }

  /** Brings the sums of the mount up to what the server at a place says now. */
  count(place: number, onAir: OnAir): void {
    const host = this.#hosts[place]
    const report = this.reportAt(place)
    if (!host || !report) return
    this.#uncount(place, onAir)
    if (!host.isCounted) onAir.hide(host)
    else {
      const isFollower = this.followsAt(place)
      onAir.add(isFollower, 1, report.listeners)
      onAir.show(host, isFollower, report)
      this.#numbers[place * numbersEach + 1] = report.listeners
      this.#setFlags(
        place,
        (this.#flagsAt(place) & follows) | isCounted | (isFollower ? isCountedAsFollower : 0),
      )
    }
  }

  /** Takes the server at a place out of the sums of the mount. */
  discount(place: number, onAir: OnAir): void {
    const host = this.#hosts[place]
    this.#uncount(place, onAir)
    if (host) onAir.hide(host)
  }

  #uncount(place: number, onAir: OnAir): void {
    const flags = this.#flagsAt(place)
    if ((flags & isCounted) === 0) return
    onAir.add((flags & isCountedAsFollower) !== 0, -1, -(this.#numbers[place * numbersEach + 1] ?? 0))
    this.#setFlags(place, flags & follows)
  }

  #at(place: number): MountCarrier | undefined {
    const host = this.#hosts[place]
    const mount = this.reportAt(place)
    return host && mount && { host, server: host.server, mount, follows: this.followsAt(place) }
  }

  #placeOfId(id: string): number {
    return this.placeOf(this.#known.get(id))
  }

  #flagsAt(place: number): number {
    return this.#numbers[place * numbersEach + 2] ?? 0
  }

  #setFlags(place: number, flags: number): void {
    this.#numbers[place * numbersEach + 2] = flags
  }
}

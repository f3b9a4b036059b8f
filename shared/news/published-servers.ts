import { joined } from '../bytes.ts'
import type { Server } from '../draw/server.ts'
import type { View } from '../draw/view.ts'
import type { MountList } from '../report/report.ts'
import { NewsLog } from './news-log.ts'
import {
  isSameCarriage,
  kinds,
  packDebit,
  packLoads,
  packRemoved,
  packStill,
  stillTextOf,
} from './packed-server.ts'

/** The state of a reader. Versions of different epochs (lives of the publisher) cannot be compared. */
export interface Version {
  epoch: string
  change: number
}

/** What brings a reader up to date, or nearer to it. Plain data: it is sent by a Durable Object. */
export interface News extends Version {
  /** the change that a reader must have reached to read them; 0: they begin with nothing, and a server that no record names, up to the last page, has been removed */
  after: number
  /** false: the reader has to ask again, with this version */
  isLast: boolean
  /** records of shared/news/packed-server.ts */
  bytes: Uint8Array<ArrayBuffer>
}

/** What of a server has been packed. */
interface Packed {
  number: number
  stillText: string
  mounts: MountList
}

/** as many numbers as there are kinds of records */
const kindsPerServer = Object.keys(kinds).length
const keyOf = (number: number, kind: number) => number * kindsPerServer + kind

/**
 * The servers of a view as news: each change is packed once, however many readers there are, and only if somebody reads.
 * Versions are only in memory; a publisher that starts again has another epoch, and its readers begin again.
 */
export class PublishedServers {
  #view: View
  #life: string
  #removedMax: number
  #log = new NewsLog()
  /** ids that changed since they were packed, and those of which only the debit did */
  #changed = new Set<string>()
  #debited = new Set<string>()
  #packed = new Map<string, Packed>()
  #numbered = 0
  #removed: number[] = []
  /** how often removals have been forgotten: older versions then cannot be brought up to date */
  #forgotten = 0
  /** records packed so far */
  packs = 0

  /**
   * @param life unique to this publisher
   * @param removedMax removed servers that are remembered
   */
  constructor(view: View, life: string, removedMax: number) {
    this.#view = view
    this.#life = life
    this.#removedMax = removedMax
    for (const id of view.servers.keys()) this.#changed.add(id)
    view.onChange = (id) => {
      if (id !== undefined) this.#changed.add(id)
      else for (const each of view.servers.keys()) this.#changed.add(each)
    }
  }

  get epoch(): string {
    return `${this.#life}.${this.#forgotten}`
  }

  /** The debit of a server has changed in place. */
  debited(id: string): void {
    this.#debited.add(id)
  }

  /** What a reader lacks, as much as fits into `bytesMax`. */
  after(have: Version | undefined, bytesMax: number): News {
    this.#pack()
    const change = have?.epoch === this.epoch ? have.change : 0
    return { epoch: this.epoch, after: change, ...this.#log.read(change, bytesMax) }
  }

  /** One server as it is now, for a reader that must know it at once; undefined if there is none, or the reader has another epoch. */
  one(id: string, epoch: string): News | undefined {
    this.#pack()
    if (epoch !== this.epoch) return undefined
    const packed = this.#packed.get(id)
    if (!packed) return undefined
    const still = this.#log.bytesOf(keyOf(packed.number, kinds.still))
    const loads = this.#log.bytesOf(keyOf(packed.number, kinds.loads))
    if (!still || !loads) return undefined
    // one that was redirected to since: a repeated report changes nothing
    const debit = this.#log.bytesOf(keyOf(packed.number, kinds.debit))
    const { change } = this.#log
    const bytes = joined(debit ? [still, loads, debit] : [still, loads])
    return { epoch, after: change, change, isLast: false, bytes }
  }

  #pack(): void {
    if (this.#changed.size === 0 && this.#debited.size === 0) return
    const { servers } = this.#view
    for (const id of this.#changed) {
      this.#debited.delete(id)
      const server = servers.get(id)
      if (server) this.#packServer(id, server)
      else this.#remove(id)
    }
    this.#changed.clear()
    for (const id of this.#debited) {
      const server = servers.get(id)
      const packed = this.#packed.get(id)
      if (server && packed) this.#put(packed.number, kinds.debit, packDebit(packed.number, server))
    }
    this.#debited.clear()
  }

  /** The loads are always packed after the rest, so a reader meets them in this order. */
  #packServer(id: string, server: Server): void {
    const last = this.#packed.get(id)
    const number = last?.number ?? ++this.#numbered
    const { mounts } = server.report
    const stillText = stillTextOf(server)
    if (last?.stillText !== stillText || !isSameCarriage(last.mounts, mounts))
      this.#put(number, kinds.still, packStill(number, stillText, server))
    this.#packed.set(id, { number, stillText, mounts })
    this.#log.drop(keyOf(number, kinds.debit))
    this.#put(number, kinds.loads, packLoads(number, server))
  }

  #remove(id: string): void {
    const packed = this.#packed.get(id)
    if (!packed) return
    const { number } = packed
    this.#packed.delete(id)
    for (const kind of [kinds.still, kinds.loads, kinds.debit]) this.#log.drop(keyOf(number, kind))
    this.#put(number, kinds.removed, packRemoved(number))
    this.#removed.push(number)
    if (this.#removed.length <= this.#removedMax) return
    for (const each of this.#removed) this.#log.drop(keyOf(each, kinds.removed))
    this.#removed = []
    this.#forgotten++
  }

  #put(number: number, kind: number, bytes: Uint8Array): void {
    this.packs++
    this.#log.put(keyOf(number, kind), bytes)
  }
}

import type { MountReport } from '../../report/report.ts'
import { kbpsOf, lineKbps, type Server, slotsBesideLine } from '../server.ts'
import { type Kind, markOf } from './group-key.ts'

/** bit rates of one server whose kind is remembered until its next report; if there are more, all its mounts are looked at again */
const kindsMax = 256

/**
 * A server as its mounts know it: a report replaces what it holds, so that mounts about which a report says nothing new are
 * not touched by it.
 */
export class Host {
  /** distinguishes it from all other hosts of a view, former ones too */
  readonly number: number
  /** it has not been found stale, and is not leaving: its mounts count in the sums */
  isCounted = false
  #server: Server
  readonly #maxListenersDefault: number
  /** the mark of the kind that was asked for last: most mounts are of one */
  #lastKind: Kind = 'own'
  #lastMark = 0
  /** by kbit/s */
  readonly #kinds = new Map<number, number>()

  constructor(number: number, server: Server, maxListenersDefault: number) {
    this.number = number
    this.#server = server
    this.#maxListenersDefault = maxListenersDefault
  }

  get server(): Server {
    return this.#server
  }

  /** Takes a newer report; returns whether mounts without a limit are of another kind by it. */
  replace(server: Server): boolean {
    this.#server = server
    if (this.#kinds.size > kindsMax) {
      this.#kinds.clear()
      return true
    }
    let isOther = false
    for (const [kbps, before] of this.#kinds) {
      const kind = this.#kindAt(kbps)
      this.#kinds.set(kbps, kind)
      if (kind !== before) isOther = true
    }
    return isOther
  }

  /** The kind of a mount here: two mounts of one kind have equally many free slots, unless it is `own`. */
  kindOf(mount: MountReport): Kind {
    const { max, kbps } = mount
    if (max !== null && this.#slots(mount) !== this.#slots(undefined)) return 'own'
    let kind = this.#kinds.get(kbps)
    if (kind === undefined) {
      kind = this.#kindAt(kbps)
      this.#kinds.set(kbps, kind)
    }
    return kind
  }

  /** What this server adds to the key of a mount that it carries. @param mountNumber the mount's own */
  markOf(mount: MountReport, mountNumber: number): number {
    const kind = this.kindOf(mount)
    if (kind === 'own') return markOf(this.number, kind, mountNumber)
    if (kind !== this.#lastKind) {
      this.#lastKind = kind
      this.#lastMark = markOf(this.number, kind, mountNumber)
    }
    return this.#lastMark
  }

  /** 0 where slots bind, else a number for the bit rate, since the line binds. */
  #kindAt(kbps: number): number {
    const lineSlots = Math.floor(lineKbps(this.#server.report) / kbpsOf({ kbps }))
    return this.#slots(undefined) <= lineSlots ? 0 : kbps + 1
  }

  #slots(mount: MountReport | undefined): number {
    return slotsBesideLine(this.#server.report, mount, this.#maxListenersDefault)
  }
}

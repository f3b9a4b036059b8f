import type { MountReport } from '../../report/report.ts'

/** What the live servers say of a mount together, as a page shows it. */
export interface MountOnAir {
  listeners: number
  /** of one of the servers that know it */
  contentType: string | null
  bitrate: number | null
}

/** A live server's report of a mount, whose type and bit rate may be shown. */
interface LivePart {
  readonly follows: boolean
  readonly mount: MountReport
}

/** The listeners and the servers of one sort. */
interface Sum {
  servers: number
  listeners: number
}

/**
 * The sums of a mount over its live servers, kept up as reports come in and servers go stale: a page about a thousand mounts on ten
 * thousand servers looks at the mounts alone.
 */
export class OnAir {
  readonly #reporters: Sum = { servers: 0, listeners: 0 }
  /** those that carry it only while a master does */
  readonly #followers: Sum = { servers: 0, listeners: 0 }
  /** a server that says its type, and one that says its bit rate; undefined: to be looked for, since the one before has gone */
  #type: LivePart | 'none' | undefined = 'none'
  #rate: LivePart | 'none' | undefined = 'none'

  /** of all live servers */
  get listeners(): number {
    return this.#reporters.listeners + this.#followers.listeners
  }
  /** Whether a live server reports it, whatever the masters do. */
  get isReported(): boolean {
    return this.#reporters.servers > 0
  }

  /** Adds servers of a sort, and their listeners; removes them if negative. */
  add(follows: boolean, servers: number, listeners: number): void {
    const sum = follows ? this.#followers : this.#reporters
    sum.servers += servers
    sum.listeners += listeners
  }

  /** What a server says may be shown, or not any more. */
  show(part: LivePart, isLive: boolean): void {
    this.#type = shownAfter(this.#type, part, isLive && saysType(part))
    this.#rate = shownAfter(this.#rate, part, isLive && saysRate(part))
  }

  /**
   * The mount as of now; undefined if no live server carries it.
   * @param hasMaster a live master carries it
   * @param live all its live servers; looked at only if the one whose type or bit rate was shown has gone
   */
  at(hasMaster: boolean, live: () => Iterable<LivePart>): MountOnAir | undefined {
    const servers = this.#reporters.servers + (hasMaster ? this.#followers.servers : 0)
    if (servers === 0) return undefined
    this.#type ??= firstOf(live(), saysType)
    this.#rate ??= firstOf(live(), saysRate)
    // without a master the followers say nothing, which is not worth remembering: a master will be back
    const shown = (first: LivePart | 'none', says: (part: LivePart) => boolean) =>
      hasMaster || first === 'none' || !first.follows
        ? first
        : firstOf(live(), (each) => !each.follows && says(each))
    const type = shown(this.#type, saysType)
    const rate = shown(this.#rate, saysRate)
    return {
      listeners: this.#reporters.listeners + (hasMaster ? this.#followers.listeners : 0),
      contentType: type === 'none' ? null : type.mount.contentType,
      bitrate: rate === 'none' ? null : rate.mount.kbps,
    }
  }
}

const saysType = ({ mount }: LivePart) => mount.contentType !== ''
const saysRate = ({ mount }: LivePart) => mount.kbps > 0

/** The shown one, or another if there is none; undefined if it says nothing any more: then another has to be looked for. */
const shownAfter = (shown: LivePart | 'none' | undefined, part: LivePart, says: boolean) =>
  shown === part ? (says ? part : undefined) : shown === 'none' && says ? part : shown

function firstOf(all: Iterable<LivePart>, says: (part: LivePart) => boolean): LivePart | 'none' {
  for (const each of all) if (says(each)) return each
  return 'none'
}

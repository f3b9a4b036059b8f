import type { MountReport } from '../report/report.ts'

/** What the live servers say of a mount together, as a page shows it. */
export interface MountOnAir {
  listeners: number
  /** of one of the servers that know it */
  contentType: string | null
  bitrate: number | null
}

/** What a live server adds to the sums of a mount. */
export interface LivePart {
  readonly id: string
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

  add(counted: LivePart): void {
    this.#change(counted, 1)
    this.#type = orElse(this.#type, counted, saysType)
    this.#rate = orElse(this.#rate, counted, saysRate)
  }

  /** The same server says something else. */
  replace(before: LivePart, now: LivePart): void {
    this.#change(before, -1)
    this.#change(now, 1)
    this.#type = isOf(this.#type, now) ? (saysType(now) ? now : undefined) : orElse(this.#type, now, saysType)
    this.#rate = isOf(this.#rate, now) ? (saysRate(now) ? now : undefined) : orElse(this.#rate, now, saysRate)
  }

  remove(counted: LivePart): void {
    this.#change(counted, -1)
    if (isOf(this.#type, counted)) this.#type = undefined
    if (isOf(this.#rate, counted)) this.#rate = undefined
  }

  #change({ follows, mount }: LivePart, sign: 1 | -1): void {
    const sum = follows ? this.#followers : this.#reporters
    sum.servers += sign
    sum.listeners += sign * mount.listeners
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

const isOf = (shown: LivePart | 'none' | undefined, { id }: LivePart) =>
  typeof shown === 'object' && shown.id === id

/** The shown one, or another if there is none; undefined as long as that is not known. */
const orElse = (
  shown: LivePart | 'none' | undefined,
  other: LivePart,
  says: (part: LivePart) => boolean,
): LivePart | 'none' | undefined => (shown === 'none' && says(other) ? other : shown)

function firstOf(all: Iterable<LivePart>, says: (part: LivePart) => boolean): LivePart | 'none' {
  for (const each of all) if (says(each)) return each
  return 'none'
}

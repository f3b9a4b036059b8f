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
  /** the server, which is only compared */
  readonly host: object
  readonly follows: boolean
  readonly mount: MountReport
}

/** What is shown, and the server that says it. */
interface Shown<Said> {
  host: object
  follows: boolean
  said: Said
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
  #type: Shown<string> | 'none' | undefined = 'none'
  #rate: Shown<number> | 'none' | undefined = 'none'

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

  /** What a live server says may be shown. */
  show(host: object, follows: boolean, mount: MountReport): void {
    this.#type = shownAfter(this.#type, host, follows, typeIn(mount))
    this.#rate = shownAfter(this.#rate, host, follows, rateIn(mount))
  }

  /** A server is not live any more, or does not carry the mount. */
  hide(host: object): void {
    this.#type = shownAfter(this.#type, host, false, undefined)
    this.#rate = shownAfter(this.#rate, host, false, undefined)
  }

  /**
   * The mount as of now; undefined if no live server carries it.
   * @param hasMaster a live master carries it
   * @param live all its live servers; looked at only if the one whose type or bit rate was shown has gone
   */
  at(hasMaster: boolean, live: () => Iterable<LivePart>): MountOnAir | undefined {
    const servers = this.#reporters.servers + (hasMaster ? this.#followers.servers : 0)
    if (servers === 0) return undefined
    this.#type ??= firstOf(live(), typeIn)
    this.#rate ??= firstOf(live(), rateIn)
    // without a master the followers say nothing, which is not worth remembering: a master will be back
    const shown = <Said>(first: Shown<Said> | 'none', saidIn: (mount: MountReport) => Said | undefined) =>
      hasMaster || first === 'none' || !first.follows
        ? first
        : firstOf(live(), (mount, follows) => (follows ? undefined : saidIn(mount)))
    const type = shown(this.#type, typeIn)
    const rate = shown(this.#rate, rateIn)
    return {
      listeners: this.#reporters.listeners + (hasMaster ? this.#followers.listeners : 0),
      contentType: type === 'none' ? null : type.said,
      bitrate: rate === 'none' ? null : rate.said,
    }
  }
}

const typeIn = ({ contentType }: MountReport): string | undefined => contentType || undefined
const rateIn = ({ kbps }: MountReport): number | undefined => (kbps > 0 ? kbps : undefined)

/** The shown one, or another if there is none; undefined if it says nothing any more: then another has to be looked for. */
function shownAfter<Said>(
  shown: Shown<Said> | 'none' | undefined,
  host: object,
  follows: boolean,
  said: Said | undefined,
): Shown<Said> | 'none' | undefined {
  if (shown === 'none') return said === undefined ? shown : { host, follows, said }
  if (shown?.host !== host) return shown
  if (said === undefined) return undefined
  shown.follows = follows
  shown.said = said
  return shown
}

function firstOf<Said>(
  all: Iterable<LivePart>,
  saidIn: (mount: MountReport, follows: boolean) => Said | undefined,
): Shown<Said> | 'none' {
  for (const { host, follows, mount } of all) {
    const said = saidIn(mount, follows)
    if (said !== undefined) return { host, follows, said }
  }
  return 'none'
}

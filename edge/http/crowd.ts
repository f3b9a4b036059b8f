/** A connection, as far as it matters for which one to close when there are too many. */
export interface Member {
  /** undefined: a trusted proxy, which carries many clients */
  readonly network: string | undefined
  /** it waits for its client, so closing it loses no answer */
  readonly isIdle: boolean
}

export interface CrowdBounds {
  connectionsMax: number
  /** of one network */
  networkMax: number
}

/**
 * The connections of a server, bounded in total and per network. When there are too many, a new connection replaces the
 * oldest one that waits for its client, a trusted proxy's last. A client that sends its request at once is therefore
 * answered, however many idle connections there are.
 */
export class Crowd<T extends Member> {
  #bounds: CrowdBounds
  /** each in the order of arrival */
  #all = new Set<T>()
  #proxies = new Set<T>()
  #networks = new Map<string, Set<T>>()

  constructor(bounds: CrowdBounds) {
    this.#bounds = bounds
  }

  get size(): number {
    return this.#all.size + this.#proxies.size
  }

  *members(): Iterable<T> {
    yield* this.#all
    yield* this.#proxies
  }

  /** Adds a connection; returns the one that has to be closed for it, which may be itself. */
  add(member: T): T | undefined {
    const { network } = member
    const ofNetwork = network === undefined ? this.#proxies : this.#networkOf(network)
    const leaving =
      network !== undefined && ofNetwork.size >= this.#bounds.networkMax
        ? (firstIdle(ofNetwork) ?? member)
        : this.size >= this.#bounds.connectionsMax
          ? (firstIdle(this.#all) ?? firstIdle(this.#proxies) ?? member)
          : undefined
    if (leaving) this.delete(leaving)
    if (leaving === member) return leaving
    if (network === undefined) this.#proxies.add(member)
    else {
      this.#all.add(member)
      this.#networkOf(network).add(member)
    }
    return leaving
  }

  delete(member: T): void {
    this.#all.delete(member)
    this.#proxies.delete(member)
    if (member.network === undefined) return
    const ofNetwork = this.#networks.get(member.network)
    ofNetwork?.delete(member)
    if (ofNetwork?.size === 0) this.#networks.delete(member.network)
  }

  #networkOf(network: string): Set<T> {
    const members = this.#networks.get(network) ?? new Set()
    this.#networks.set(network, members)
    return members
  }
}

function firstIdle<T extends Member>(members: Iterable<T>): T | undefined {
  for (const member of members) if (member.isIdle) return member
  return undefined
}

/** Bounds that leave descriptors for everything else that the program opens. */
export function boundsFor(
  descriptors: number | undefined,
  limits: {
    connectionsMax: number
    connectionsUnknownMax: number
    descriptorsKept: number
    networkShare: number
  },
): CrowdBounds {
  const room = descriptors === undefined ? limits.connectionsUnknownMax : descriptors - limits.descriptorsKept
  const connectionsMax = Math.max(1, Math.min(limits.connectionsMax, room))
  return { connectionsMax, networkMax: Math.max(1, Math.floor(connectionsMax * limits.networkShare)) }
}

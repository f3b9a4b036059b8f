import type { JoinRate, TotalDemand } from '../pool/demand.ts'
import { Pool } from '../pool/pool.ts'
import { Regions } from '../pool/regions.ts'

/** A pool and, over it, the regions of its listeners. */
export interface Draws {
  pool: Pool
  regions: Regions
}

/** A mount, as far as its group has to know it. */
interface Asked {
  /** of its listeners; undefined as long as nobody has asked for it */
  rate: JoinRate | undefined
}

/**
 * The mounts that the same servers carry with equally many free slots: the servers of a fleet carry the same mounts, so most
 * mounts are in one group. They share all that a draw needs, and a report changes it once for all of them.
 */
export class Group<Member extends Asked> {
  /** of the servers of its mounts (group-key.ts) */
  key: number
  readonly members = new Set<Member>()
  /** by way: the servers that such listeners can reach; each created at its first draw */
  readonly draws: (Draws | undefined)[] = []

  constructor(key: number) {
    this.key = key
  }

  /** One of its mounts, which stands for all; undefined if it has none. */
  get member(): Member | undefined {
    for (const entry of this.members) return entry
    return undefined
  }

  /** The same for those of its mounts that part from it: prices and their part of the demand go with them. */
  part(key: number, entries: readonly Member[], total: TotalDemand, nowMs: number): Group<Member> {
    const group = new Group<Member>(key)
    const share = shareOf(entries, this.members, nowMs)
    for (const [way, draws] of this.draws.entries()) {
      if (!draws) continue
      const pool = Pool.copyOf(draws.pool)
      group.draws[way] = { pool, regions: Regions.partOf(draws.regions, pool, total, share) }
    }
    return group
  }

  /** Takes over the demand of another group, whose mounts have come to this one. */
  absorb(other: Group<Member>): void {
    for (const [way, draws] of other.draws.entries())
      if (draws) this.draws[way]?.regions.absorb(draws.regions)
  }
}

/** The part of the listeners of `all` mounts that comes to `some` of them, in [0, 1]. */
function shareOf(some: readonly Asked[], all: Iterable<Asked>, nowMs: number): number {
  const rateOf = (entries: Iterable<Asked>) => {
    let sum = 0
    for (const { rate } of entries) sum += rate?.at(nowMs) ?? 0
    return sum
  }
  const total = rateOf(all)
  return total === 0 ? 0 : rateOf(some) / total
}

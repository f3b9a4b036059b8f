import type { EdgeRuntime } from '../../kit/process/runtimes.ts'
import type { Cluster, ClusterPlan } from './cluster.ts'
import type { Places } from './places.ts'

/** The dice of a trial: the same seed plays the same faults at the same moments. */
export interface Dice {
  /** a number from `min` to `max` */
  between(min: number, max: number): number
  oneOf<T>(all: readonly T[]): T
}

/** A kind of fault that is done to a cluster of real programs. */
export interface Fault {
  name: string
  /** a line for the list */
  about: string
  /** why it cannot be done on this machine; undefined where it can */
  cannot?: () => string | undefined
  /** why it is not done to an edge of this kind; undefined where it is */
  notOn?: (edge: EdgeRuntime) => string | undefined
  /** rounds at least; one where it is not said */
  roundsMin?: number
  /** what its cluster needs */
  plan?: Partial<ClusterPlan>
  /** it is played in a process that has a network of its own */
  isInNetwork?: boolean
  /** where the programs are, if not all on 127.0.0.1 */
  places?: () => Places
  /** called before anything starts */
  prepare?: (cluster: Cluster) => void
  /** Does it once, and mends it. What must hold is checked after it. */
  round(cluster: Cluster, dice: Dice, print: (text: string) => void): Promise<void>
}

import type { Cluster } from '../cluster.ts'

/** A fault of a plan. Plain data, so that a plan can be cut down; the shares, in [0, 1), say who is hit and how hard. */
export interface Fault {
  atMs: number
  forMs: number
  kind: string
  who: number
  other: number
  size: number
}

/** A fault that has begun: what a story says of it, and what ends it. */
export interface Begun {
  story: string
  /** undefined: it is over at once */
  end?: () => void
}

/** Begins a fault; undefined: there is nobody whom it could hit now. */
export type Begin = (cluster: Cluster, fault: Fault) => Begun | undefined

/** The one of these that a share names. */
export const oneOf = <T>(all: readonly T[], share: number): T | undefined =>
  all[Math.floor(share * all.length)]

/** `12.3 s` */
export const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`

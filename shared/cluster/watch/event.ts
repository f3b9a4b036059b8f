import type { Mount } from '../../mount.ts'

/** The kinds of events. `back`, `has room`, `reachable` and `has a master` end the kind before them. */
export const eventKinds = [
  'server new',
  'server stale',
  'server leaving',
  'server back',
  'server forgotten',
  'server drained',
  'server undrained',
  'server full',
  'server has room',
  'server unreachable',
  'server reachable',
  'server id taken over',
  'server id taken back',
  'server id in use twice',
  'no reports',
  'no reports for too long',
  'reports again',
  'mount up',
  'mount lost',
  'mount has no master',
  'mount has a master',
  'source changed',
  'title changed',
  'wrong login',
] as const
export type EventKind = (typeof eventKinds)[number]

/** A change in the cluster that a person may want to know of. Plain data: it is stored, and sent by a Durable Object. */
export interface ClusterEvent {
  /** ms since 1970 on the decider's clock: when it became true, which may be before it was noticed */
  at: number
  kind: EventKind
  /** the id of the server that it is about, or that caused it */
  server?: string
  mount?: Mount
  /** more, for people: who drained it, the new title, the number of mounts if they are many */
  detail?: string
}

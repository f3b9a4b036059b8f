import type { Mount } from '../../shared/mount.ts'
import type { MountAccess } from '../auth/mount-access.ts'
import type { Params } from '../http/params.ts'
import type { ActiveMount } from '../mount/mount.ts'
import type { StatsDeps } from '../stats/tree.ts'
import { Refused } from '../web/answers.ts'
import type { Element } from '../web/xml.ts'

/** What the commands work on. */
export interface AdminDeps extends StatsDeps {
  nowMs: () => number
  access: Pick<MountAccess, 'mayAdmin' | 'usersOf'>
}

/** One call of a command, its caller known and allowed to. */
export interface AdminCall extends AdminDeps {
  params: Params
  /** query and form as they came, for text in a charset that only the command knows */
  query: string
  /** the mount that the parameter `mount` names; undefined where there is none */
  mount: Mount | undefined
  /** else it is the source of that mount */
  isAdmin: boolean
  /** that the call comes from */
  address: string | undefined
}

/** What a command answers; `done` is text of Icecast's page for those that answer no XML. */
export type AdminAnswer = Element | { done: string } | NotDone

/** An answer that Icecast words as if the command had worked. */
export interface NotDone {
  why: string
  answer: Element
}

export interface Command {
  /** whether the parameter `mount` has to be there, may be, or must not; its source may call what takes one */
  mount: 'required' | 'optional' | 'none'
  /** whether a call with these parameters does something: browsers that another site tells to call it are refused */
  changes?: (params: Params) => boolean
  run(call: AdminCall): AdminAnswer | Promise<AdminAnswer>
}

/** The mount that a call is about, running; Icecast's errors where it is not. */
export function runningMount({ state, mount, idle }: AdminCall): ActiveMount {
  const running = mount && state.mounts.get(mount)
  if (running) return running
  throw new Refused(mount && idle().includes(mount) ? 'Source is not available' : 'Source does not exist')
}

/** A parameter that has to be there. */
export function required({ params }: AdminCall, name: string): string {
  const value = params.get(name)
  if (value === undefined) throw new Refused('Missing parameter')
  return value
}

/** Whole seconds from one moment to another. */
export const secondsSince = (sinceMs: number, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - sinceMs) / 1000))

import type { Mount } from '../../shared/mount.ts'
import type { MountAuth } from '../auth/mount-auth.ts'
import type { Params } from '../http/params.ts'
import type { ActiveMount } from '../mount/mount.ts'
import type { StatsDeps } from '../stats/tree.ts'
import { Refused } from '../web/answers.ts'
import type { Element } from '../web/xml.ts'

/** Dependencies of the commands. */
export interface AdminDeps extends StatsDeps {
  nowMs: () => number
  auth: Pick<MountAuth, 'mayAdmin' | 'usersOf'>
}

/** One authorized call of a command. */
export interface AdminCall extends AdminDeps {
  params: Params
  /** query and form as received, for text in a charset that only the command knows */
  query: string
  /** the mount in the parameter `mount`; undefined if there is none */
  mount: Mount | undefined
  /** false: the caller is the source of that mount */
  isAdmin: boolean
  /** of the client */
  address: string | undefined
}

/** The answer of a command; `done` is the text of Icecast's page for commands that do not answer XML. */
export type AdminAnswer = Element | { done: string } | NotDone

/** A command did nothing, but Icecast's answer says that it worked. */
export interface NotDone {
  why: string
  answer: Element
}

export interface Command {
  /** whether the parameter `mount` is required, optional, or not allowed; a source may call commands that accept its mount */
  mount: 'required' | 'optional' | 'none'
  /** whether a call with these parameters changes something, and so must not be a cross-site request */
  changes?: (params: Params) => boolean
  run(call: AdminCall): AdminAnswer | Promise<AdminAnswer>
}

/** The running mount of a call; throws Icecast's errors if it does not run. */
export function runningMount({ state, mount, idle }: AdminCall): ActiveMount {
  const running = mount && state.mounts.get(mount)
  if (running) return running
  throw new Refused(mount && idle().includes(mount) ? 'Source is not available' : 'Source does not exist')
}

/** A required parameter. */
export function required({ params }: AdminCall, name: string): string {
  const value = params.get(name)
  if (value === undefined) throw new Refused('Missing parameter')
  return value
}

/** Whole seconds from one moment to another. */
export const secondsSince = (sinceMs: number, nowMs: number): number =>
  Math.max(0, Math.floor((nowMs - sinceMs) / 1000))

import process from 'node:process'
import { messageOf } from '../../shared/message-of.ts'
import { ConfigError } from '../config/error.ts'
import type { OwnerSettings } from '../config/xml/security-settings.ts'

/**
 * Changes to another user and group, so that the server does not run as root (`<changeowner>`). To be called after the
 * ports are bound, which may need root, and before log files are created.
 * @returns whether the program was root: only root can do this
 * @throws ConfigError if there is no such user or group, rather than to continue as root
 */
export function becomeOwner({ user, group }: OwnerSettings): boolean {
  if (process.getuid?.() !== 0) return false
  try {
    process.setgroups?.(group === undefined ? [] : [group]) // drops root's groups, which may read more files
    if (group !== undefined) process.setgid?.(group)
    if (user !== undefined) process.setuid?.(user)
  } catch (error) {
    const why = messageOf(error)
    throw new ConfigError(
      `<security><changeowner> is ${user ?? '(no user)'}:${group ?? '(no group)'}, expected a user and a group of this machine (${why})`,
    )
  }
  return true
}

import process from 'node:process'
import { messageOf } from '../../shared/message-of.ts'
import { ConfigError } from '../config/error.ts'
import type { OwnerSettings } from '../config/xml/security-settings.ts'

/**
 * Becomes another user and group, so that what listens on the network is not root (`<changeowner>`). To be called once
 * the ports are bound, which may need root, and before log files are made.
 * @returns whether it was root, who alone can
 * @throws ConfigError where there is no such user or group: going on as root is what the operator did not want
 */
export function becomeOwner({ user, group }: OwnerSettings): boolean {
  if (process.getuid?.() !== 0) return false
  try {
    process.setgroups?.(group === undefined ? [] : [group]) // root's other groups would open what it may read
    if (group !== undefined) process.setgid?.(group)
    if (user !== undefined) process.setuid?.(user)
  } catch (error) {
    const why = messageOf(error)
    throw new ConfigError(
      `<security><changeowner> is ${user ?? 'nobody else'}:${group ?? 'no other group'}, expected a user and a group of this machine (${why})`,
    )
  }
  return true
}

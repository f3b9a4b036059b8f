import { messageOf } from '../../../shared/message-of.ts'
import { type PasswordHash, parsePasswordHash } from './password-hash.ts'

/** The contents of a password file: its users, and its invalid lines. */
export interface Passwords {
  users: ReadonlyMap<string, PasswordHash>
  /** by line number, from 1 */
  bad: readonly { line: number; why: string }[]
}

/** Reads lines of `user:hash`; empty lines and lines that begin with `#` are ignored. Of a user given twice the first counts. */
export function parsePasswords(text: string): Passwords {
  const users = new Map<string, PasswordHash>()
  const bad: { line: number; why: string }[] = []
  for (const [index, line] of linesOf(text).entries()) {
    if (isRemark(line)) continue
    try {
      const [user, hash] = parseLine(line)
      if (!users.has(user)) users.set(user, hash)
    } catch (error) {
      bad.push({ line: index + 1, why: messageOf(error) })
    }
  }
  return { users, bad }
}

/** The file with another user at its end. */
export function withUser(text: string, user: string, hash: string): string {
  const start = text === '' || text.endsWith('\n') ? text : `${text}\n`
  return `${start}${user}:${hash}\n`
}

/** The file without a user; every other line stays as it is. */
export const withoutUser = (text: string, user: string): string =>
  text
    .split(/(?<=\n)/)
    .filter((line) => isRemark(line.trim()) || userOf(line.trim()) !== user)
    .join('')

const linesOf = (text: string) => text.split('\n').map((line) => line.trim())
const isRemark = (line: string) => line === '' || line.startsWith('#')
/** a hash contains no colon, so the user is the text before the last colon */
const userOf = (line: string) => line.slice(0, Math.max(0, line.lastIndexOf(':')))

function parseLine(line: string): [user: string, hash: PasswordHash] {
  const user = userOf(line)
  if (user === '') throw new Error('no user, expected user:hash')
  return [user, parsePasswordHash(line.slice(user.length + 1))]
}

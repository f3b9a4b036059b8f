import { mix } from '../sticky.ts'

// A mount's key is a sum of marks, one for each of its servers, so that a server that comes or goes changes it in one step.

/** keys are sums below this, so that they stay exact whatever is added and removed */
const keysEnd = 2 ** 52

/** What the free slots of a mount at a server depend on: nothing of the mount's (0), its bit rate, or its own limit. */
export type Kind = number | 'own'

/** The sums of the marks of a mount's servers: of those that report it, those that follow its masters, and its masters. */
export interface Marks {
  reporters: number
  followers: number
  masterMarks: number
}

/** What a server adds to the key of a mount that it carries. */
export const markOf = (host: number, kind: Kind, mount: number): number =>
  scrambled(host, kind === 'own' ? -1 - mount : kind)

/** The key of a mount's group: of its servers, and, where some carry it only while a master does, of its masters. */
export function groupKeyOf({ reporters, followers, masterMarks }: Marks, everywhere: number): number {
  const following = withMark(followers, everywhere)
  return following === 0 ? reporters : withMark(reporters, scrambled(following, masterMarks))
}

export const withMark = (sum: number, mark: number): number => (sum + mark) % keysEnd
export const withoutMark = (sum: number, mark: number): number => (sum - mark + keysEnd) % keysEnd

/** Two numbers as one, below {@link keysEnd}, that tells nothing of either. */
function scrambled(a: number, b: number): number {
  const low = mix(mix(a % 2 ** 32) + mix((b % 2 ** 32) ^ 0x5bd1e995) * 3)
  const high = mix(low ^ mix(Math.floor(a / 2 ** 32) ^ mix((b % 2 ** 32) ^ 0x9e3779b9)))
  return (high % 2 ** 20) * 2 ** 32 + low
}

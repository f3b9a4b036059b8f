/** Whether a name matches a wildcard. */
export type Wildcard = (name: string) => boolean

/** Whether a character matches a part of a wildcard; `*` matches any number of any characters. */
type Part = '*' | ((char: string) => boolean)

/**
 * Reads a shell wildcard: `*` (which matches slashes too), `?`, `[a-z]`, `[!a-z]`.
 *
 * Names come from clients, and a regular expression with three stars takes seconds for a malicious name; this takes at most
 * the product of both lengths.
 * @throws SyntaxError if a set descends, as in `[z-a]`
 */
export function parseWildcard(glob: string): Wildcard {
  const parts = textsOf(glob).map(partOf)
  return (name) => matches(parts, [...name])
}

/** The text of each part: stars, a set, or one character. Each is read once, however many sets are not closed. */
function textsOf(glob: string): string[] {
  const texts: string[] = []
  const setsEnd = glob.lastIndexOf(']') // a bracket after it does not begin a set, and no end must be searched for it
  for (let at = 0; at < glob.length; at += texts.at(-1)?.length ?? 1) {
    const part = at < setsEnd ? setOrStars : stars
    part.lastIndex = at
    texts.push(part.exec(glob)?.[0] ?? '')
  }
  return texts
}

const stars = /\*+|./suy
const setOrStars = /\[!?[^\]]+\]|\*+|./suy

function partOf(text: string): Part {
  if (text.startsWith('*')) return '*'
  if (text === '?') return () => true
  const [, not, set] = /^\[(!?)([^\]]+)\]$/.exec(text) ?? []
  if (set === undefined) return (char) => char === text
  const chars = new RegExp(`^[${not ? '^' : ''}${set.replace(/[\\^]/g, '\\$&')}]$`, 'su')
  return (char) => chars.test(char)
}

/** If a part does not match, the last star takes one more character; earlier stars never need to be retried. */
function matches(parts: readonly Part[], name: readonly string[]): boolean {
  let next = 0
  let at = 0
  let afterStar: { next: number; at: number } | undefined
  while (at < name.length) {
    const part = parts[next]
    if (part === '*') {
      next++
      afterStar = { next, at }
    } else if (part?.(name[at] ?? '')) {
      next++
      at++
    } else if (afterStar) {
      afterStar.at++
      next = afterStar.next
      at = afterStar.at
    } else return false
  }
  return parts.slice(next).every((part) => part === '*')
}

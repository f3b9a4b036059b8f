/** Whether a name is one of those that a wildcard stands for. */
export type Wildcard = (name: string) => boolean

/** Whether a character is one of those that a part of a wildcard stands for; `*` stands for any number of any. */
type Part = '*' | ((char: string) => boolean)

/**
 * Reads a shell's wildcard: `*` (which goes over slashes too), `?`, `[a-z]`, `[!a-z]`.
 *
 * Names come from whoever asks, and a regular expression with three stars takes seconds for one that is made for it; this
 * takes no longer than the product of both lengths.
 * @throws SyntaxError where a set runs backwards
 */
export function parseWildcard(glob: string): Wildcard {
  const parts = textsOf(glob).map(partOf)
  return (name) => matches(parts, [...name])
}

/** The text of each part: stars, a set, or one character. Each is looked at once, however many sets are open at the end. */
function textsOf(glob: string): string[] {
  const texts: string[] = []
  const setsEnd = glob.lastIndexOf(']') // a bracket behind it begins no set, and must not look for its end
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

/** Where a part does not fit, the last star takes one character more; those before it need never take others. */
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

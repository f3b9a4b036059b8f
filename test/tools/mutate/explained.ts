import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mutant } from './mutants.ts'

/** Mutants that no test can tell from the code, or none should, each with the reason: a text for each folder. */
const lists = globSync(join(import.meta.dirname, 'explained/*.txt'))

const shownMax = 100
const short = (text: string) => text.replace(/\s+/g, ' ').slice(0, shownMax)

/** How a mutant is named in the lists, without its line, which moves. */
export const nameOf = ({ file, context, original, replacement }: Mutant): string =>
  `${file}: ${short(original)} → ${short(replacement)} in ${context}`

/** The names in the lists: a line each, followed by indented lines that say why. */
export const explained: ReadonlySet<string> = new Set(
  lists.flatMap((list) =>
    readFileSync(list, 'utf8')
      .split('\n')
      .filter((line) => /^\S/.test(line) && !line.startsWith('#')),
  ),
)

/** Names in the lists that no mutant of these files has: the code has changed since. */
export function staleNames(mutants: readonly Mutant[]): string[] {
  const names = new Set(mutants.map(nameOf))
  const files = new Set(mutants.map(({ file }) => file))
  return [...explained].filter((name) => files.has(name.slice(0, name.indexOf(': '))) && !names.has(name))
}

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Mutant } from './mutants.ts'

/** Mutants that no test can tell from the code, or none should, each with the reason. */
const list = join(import.meta.dirname, 'explained.txt')

const shownMax = 100
const short = (text: string) => text.replace(/\s+/g, ' ').slice(0, shownMax)

/** How a mutant is named in the list, without its line, which moves. */
export const nameOf = ({ file, context, original, replacement }: Mutant): string =>
  `${file}: ${short(original)} → ${short(replacement)} in ${context}`

/** The names in the list: a line each, followed by indented lines that say why. */
export const explained: ReadonlySet<string> = new Set(
  existsSync(list)
    ? readFileSync(list, 'utf8')
        .split('\n')
        .filter((line) => /^\S/.test(line) && !line.startsWith('#'))
    : [],
)

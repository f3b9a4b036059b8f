/** How a check ended. A warning may be meant; a failure keeps listeners or relays away. */
export type Grade = 'ok' | 'warning' | 'failed'

/** One finding of `distributary doctor`. */
export interface Check {
  /** what was looked at, in a few words */
  name: string
  grade: Grade
  /** what was found */
  text: string
  /** what to do about it; undefined: nothing */
  todo?: string
}

export const fine = (name: string, text: string): Check => ({ name, grade: 'ok', text })
export const warning = (name: string, text: string, todo?: string): Check => ({
  name,
  grade: 'warning',
  text,
  ...(todo === undefined ? {} : { todo }),
})
export const failure = (name: string, text: string, todo?: string): Check => ({
  name,
  grade: 'failed',
  text,
  ...(todo === undefined ? {} : { todo }),
})

/** The checks of a configuration that is valid: a warning for each doubt about it. */
export const checkDoubts = (doubts: readonly string[]): Check[] =>
  doubts.length === 0 ? [fine('configuration', 'OK')] : doubts.map((text) => warning('configuration', text))

/** One line for each check. */
export const printChecks = (checks: readonly Check[]): string =>
  checks
    .map(({ name, grade, text, todo }) => {
      const line = `${grade.padEnd(8)} ${name}: ${text}${todo === undefined ? '' : `; ${todo}`}`
      return line
        .split(/[\r\n]/)
        .map((part) => part.trim())
        .filter((part) => part !== '')
        .join(' ')
    })
    .join('\n')

/** The same for scripts: the grade of the whole, and each check. */
export const printChecksJson = (checks: readonly Check[]): string =>
  JSON.stringify({ result: worstOf(checks), checks }, null, 2)

/** The worst grade of all; `ok` if there is no check. */
export const worstOf = (checks: readonly Check[]): Grade =>
  (['failed', 'warning'] as const).find((grade) => checks.some((check) => check.grade === grade)) ?? 'ok'

/** The exit code: 0 all is well, 1 there are warnings, 2 something failed. */
export const exitCodeOf = (checks: readonly Check[]): number =>
  ({ ok: 0, warning: 1, failed: 2 })[worstOf(checks)]

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { repo } from './process.ts'

/** The last value of a setting of one of our systemd units; undefined where it is not set. */
export function settingOf(unit: string, name: string): string | undefined {
  const lines = readFileSync(join(repo, `deploy/systemd/${unit}.service`), 'utf8').split('\n')
  return lines.findLast((line) => line.startsWith(`${name}=`))?.slice(name.length + 1)
}

/** The environment that a unit sets itself, whose values have no quotes and no blanks in them. */
export const environmentOf = (unit: string): Record<string, string> =>
  Object.fromEntries(
    (settingOf(unit, 'Environment')?.split(' ') ?? []).map((each) => each.split(/=(.*)/s).slice(0, 2)),
  )

/** The command line of a unit, which has no quotes and no variables in it. */
export const commandOf = (unit: string): string[] => settingOf(unit, 'ExecStart')?.split(' ') ?? []

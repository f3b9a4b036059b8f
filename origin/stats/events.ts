import { printMount } from '../../shared/mount.ts'
import { limits } from '../limits.ts'
import type { Stats } from './stats.ts'
import type { StatsTree } from './tree.ts'

/**
 * The changes between two moments as `EVENT` lines of Icecast's stats feed: `EVENT global KEY VALUE`,
 * `EVENT /mount KEY VALUE`, with the value `null` for a removed key, and `EVENT /mount null null` for a removed mount.
 * Without `before` it is all stats.
 */
export function printEvents(before: StatsTree | undefined, after: StatsTree): string {
  let text = printChanges('global', before?.server, after.server)
  for (const [name, stats] of after.mounts)
    text += printChanges(printMount(name), before?.mounts.get(name), stats)
  for (const name of before?.mounts.keys() ?? [])
    if (!after.mounts.has(name)) text += `EVENT ${printMount(name)} null null\n`
  return text
}

function printChanges(name: string, before: Stats = {}, after: Stats): string {
  let text = ''
  for (const [key, value] of Object.entries(after))
    if (before[key] !== value) text += `EVENT ${name} ${key} ${oneLine(value)}\n`
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) text += `EVENT ${name} ${key} null\n`
  return text
}

/** Values come from outside: a line end in one would begin another event. */
const oneLine = (value: string | number) =>
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control bytes are what it takes out
  `${value}`.replace(/[\x00-\x1f\x7f]+/g, ' ').slice(0, limits.eventValueLengthMax)

import type { WorldPlan } from './plan.ts'
import type { Played } from './play.ts'

/** lines of what happened last that a story ends with */
const lastLines = 12

/** What happened, for people: what the world was made of, what befell it, and which rule did not hold. */
export function tell({ seed, setting }: WorldPlan, { story, trace, violations, hash }: Played): string {
  const cast = [
    ...setting.edges,
    ...setting.origins.map(({ host, kind, flags }) => `${host} (${kind}, ${briefly(flags)})`),
  ]
  return [
    `seed ${seed}, story ${hash}`,
    `with ${cast.join(', ')}; ${setting.mounts.join(', ')}`,
    ...story.map(({ atMs, what }) => `  at ${at(atMs)} ${what}`),
    ...(violations.length > 0 ? ['just before:'] : []),
    ...(violations.length > 0 ? trace.slice(-lastLines - violations.length, -violations.length) : []).map(
      ({ atMs, by, what }) => `  at ${at(atMs)} ${by} ${what}`,
    ),
    ...violations.map(({ atMs, rule, detail }) => `at ${at(atMs)} this does not hold: ${rule}\n  ${detail}`),
  ].join('\n')
}

const at = (ms: number) => `${(ms / 1000).toFixed(3)} s`

const briefly = (flags: string) => {
  const settingOf = (name: string) => new RegExp(`--${name} (\\S+)`).exec(flags)?.[1]
  return `every ${settingOf('update-interval')} s, ${settingOf('max-listeners')} slots${flags.includes('--on-demand') ? ', on demand' : ''}`
}

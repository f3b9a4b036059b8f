import type { OriginConfig } from './config.ts'
import { secretNames } from './flags.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** What an operator should know at the start: what is set and means nothing, and what is not set and shuts others out. */
export function doubtsOf(config: OriginConfig, env: Environment): string[] {
  const doubts = Object.keys(env)
    .filter((name) => name.startsWith('ORIGIN_') && !secretNames.includes(name))
    .map(
      (name) => `${name} of the environment is unknown and has no effect, expected ${secretNames.join(', ')}`,
    )
  for (const name of secretNames) if (env[name] === '') doubts.push(`${name} of the environment is empty`)
  if (config.limits.sources === 0) doubts.push('sources are refused: <limits><sources> is 0')
  else if (isForSources(config) && config.sourcePassword === undefined && !config.mounts.takesSources)
    doubts.push('sources are refused: no source password is set')
  return doubts
}

/** Whoever relays may do without sources of its own. */
const isForSources = ({ masters, relays }: OriginConfig) => masters.length === 0 && relays.length === 0

import type { OriginConfig } from './config.ts'
import { secretNames } from './flags.ts'

type Environment = Readonly<Record<string, string | undefined>>

/** Warnings for the operator at the start: variables that have no effect, and missing settings without which sources are rejected. */
export function doubtsOf(config: OriginConfig, env: Environment): string[] {
  const doubts = Object.keys(env)
    .filter((name) => name.startsWith('ORIGIN_') && !secretNames.includes(name))
    .map(
      (name) =>
        `environment variable ${name} is unknown and has no effect, expected ${secretNames.join(', ')}`,
    )
  for (const name of secretNames) if (env[name] === '') doubts.push(`environment variable ${name} is empty`)
  if (config.limits.sources === 0) doubts.push('sources are refused: <limits><sources> is 0')
  else if (isForSources(config) && config.sourcePassword === undefined && !config.mounts.takesSources)
    doubts.push('sources are refused: no source password is set')
  return doubts
}

/** A server that relays may have no sources. */
const isForSources = ({ masters, relays }: OriginConfig) => masters.length === 0 && relays.length === 0

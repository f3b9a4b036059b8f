import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Live files that take a minute or more, most of it spent waiting. Vitest knows no durations on a clean machine and
 * starts larger files first, so that these would run alone at the end.
 */
export const longFiles = [
  'test/live/old-npm.test.ts',
  'test/live/relay-upstreams.test.ts',
  'test/live/log-readers.test.ts',
  'test/live/slave-loss.test.ts',
  'test/live/directory.test.ts',
  'test/live/stalled-crowd.test.ts',
  'test/live/cluster-frames.test.ts',
  'test/live/cluster-leave.test.ts',
  'test/live/formats-relays.test.ts',
  'test/live/formats-encoders.test.ts',
  'test/live/cluster-edges.test.ts',
  'test/live/formats-titles.test.ts',
  'test/live/peers-icecast.test.ts',
] as const

/** Starts the files that wait for long first; what needs the processor alone runs beside the last of them. */
export default class LongestFirst extends BaseSequencer {
  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specs)
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b))
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  const rank = longFiles.findIndex((file) => moduleId.endsWith(`/${file}`))
  if (rank !== -1) return rank
  return longFiles.length + (project.name === 'live' ? 0 : 1)
}

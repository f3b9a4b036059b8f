import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Live files that take longest, most of it spent waiting. Vitest knows no durations on a clean machine and
 * starts larger files first, so that these would run alone at the end.
 */
export const longFiles = [
  'test/live/hls-players.test.ts',
  'test/live/hls-player-restarts.test.ts',
  'test/live/old-npm.test.ts',
  'test/live/formats-relays.test.ts',
  'test/live/polled-icecast.test.ts',
  'test/live/relay-upstreams.test.ts',
  'test/live/slave-loss.test.ts',
  'test/live/peers-icecast.test.ts',
  'test/live/formats-encoders.test.ts',
  'test/live/formats-chained.test.ts',
  'test/live/directory.test.ts',
  'test/live/formats-titles.test.ts',
  'test/live/compare-crowded.test.ts',
  'test/live/cluster-frames.test.ts',
  'test/live/faults.test.ts',
  'test/live/moving.test.ts',
  'test/live/moved-listeners.test.ts',
  'test/live/control-room.test.ts',
  'test/live/peers-encoders.test.ts',
  'test/live/crowd.test.ts',
  'test/live/probe.test.ts',
  'test/live/edge-bounds-node.test.ts',
  'test/live/edge-workers.test.ts',
  'test/live/stalled-crowd.test.ts',
  'test/live/hls-sounds.test.ts',
  'test/live/auth-url.test.ts',
  'test/live/player-page.test.ts',
  'test/live/cluster-edges.test.ts',
  'test/live/edge-bounds-deno.test.ts',
  'test/live/edge-bounds-bun.test.ts',
  'test/live/players-browser.test.ts',
  'test/live/hls-edge.test.ts',
  'test/live/encoders-whole.test.ts',
  'test/live/npm-package.test.ts',
  'test/live/cluster-leave.test.ts',
  'test/live/relay-icecast.test.ts',
  'test/live/status-page.test.ts',
  'test/live/hls-restarts.test.ts',
  'test/live/floods.test.ts',
  'test/live/players-titles.test.ts',
  'test/live/cluster-start.test.ts',
  'test/live/reload-crowd.test.ts',
  'test/live/slave-decider.test.ts',
  'test/live/log-readers.test.ts',
  'test/live/compare-limits.test.ts',
  'test/live/compare-configs.test.ts',
  'test/live/compare-starts.test.ts',
  'test/live/edge-deno.test.ts',
  'test/live/slave-signals.test.ts',
  'test/live/slave-demand.test.ts',
  'test/live/edge-bun.test.ts',
  'test/live/deploy.test.ts',
  'test/live/edge-node.test.ts',
  'test/live/stats-readers.test.ts',
  'test/live/compare-demand.test.ts',
  'test/live/peers-players.test.ts',
] as const

/** Files that only compute, the longest first, at a low priority (`yield-processor.ts`): they fill the time in which the others wait. */
export const fillers = [
  'test/crowds/simulate.test.ts',
  'test/crowds/shared/cluster/quota.test.ts',
  'test/crowds/world.test.ts',
  'test/crowds/fuzz.test.ts',
  'test/crowds/origin/format/hostile-bytes.test.ts',
  'test/crowds/hls-players.test.ts',
  'test/crowds/shared/history/day.test.ts',
  'test/crowds/shared/draw/decide.test.ts',
  'test/crowds/kept-memory.test.ts',
  'test/crowds/shared/cluster/fan-out-factor.test.ts',
  'test/crowds/steered.test.ts',
  'test/patterns.test.ts',
] as const
/** of `longFiles` between two fillers: some of both run at a time, and all fillers are through before the short files */
const longBetween = 5

/** Both, in the order in which they start. */
const ranked = longFiles.flatMap((file, i) => {
  const filler = i % longBetween === 0 ? fillers[i / longBetween] : undefined
  return filler ? [filler, file] : [file]
})

/** Starts the files that wait for long first, and short ones last, so that no core waits for the other at the end. */
export default class LongestFirst extends BaseSequencer {
  override async sort(specs: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(specs)
    return sorted.toSorted((a, b) => rankOf(a) - rankOf(b))
  }
}

function rankOf({ moduleId, project }: TestSpecification): number {
  const rank = ranked.findIndex((file) => moduleId.endsWith(`/${file}`))
  if (rank !== -1) return rank
  return ranked.length + (project.name === 'live' ? 1 : 0)
}

import { BaseSequencer, type TestSpecification } from 'vitest/node'

/**
 * Live files that take longest, most of it spent waiting. Vitest knows no durations on a clean machine and
 * starts larger files first, so that these would run alone at the end.
 */
export const longFiles = [
  'test/live/hls/hls-players.test.ts',
  'test/live/hls/hls-player-restarts.test.ts',
  'test/live/packages/old-npm.test.ts',
  'test/live/peers/formats-relays.test.ts',
  'test/live/relays/polled-icecast.test.ts',
  'test/live/relays/relay-upstreams.test.ts',
  'test/live/relays/slave-loss.test.ts',
  'test/live/peers/peers-icecast.test.ts',
  'test/live/peers/formats-encoders.test.ts',
  'test/live/peers/formats-chained.test.ts',
  'test/live/peers/directory.test.ts',
  'test/live/peers/formats-titles.test.ts',
  'test/live/compare/compare-crowded.test.ts',
  'test/live/cluster/cluster-frames.test.ts',
  'test/live/cluster/faults.test.ts',
  'test/live/cluster/moving.test.ts',
  'test/live/cluster/moved-listeners.test.ts',
  'test/live/pages/control-room.test.ts',
  'test/live/peers/peers-encoders.test.ts',
  'test/live/cluster/crowd.test.ts',
  'test/live/cluster/probe.test.ts',
  'test/live/edge/edge-bounds-node.test.ts',
  'test/live/edge/edge-workers.test.ts',
  'test/live/origin/stalled-crowd.test.ts',
  'test/live/hls/hls-sounds.test.ts',
  'test/live/origin/auth-url.test.ts',
  'test/live/pages/player-page.test.ts',
  'test/live/cluster/cluster-edges.test.ts',
  'test/live/edge/edge-bounds-deno.test.ts',
  'test/live/edge/edge-bounds-bun.test.ts',
  'test/live/pages/players-browser.test.ts',
  'test/live/hls/hls-edge.test.ts',
  'test/live/peers/encoders-whole.test.ts',
  'test/live/packages/npm-package.test.ts',
  'test/live/cluster/cluster-leave.test.ts',
  'test/live/relays/relay-icecast.test.ts',
  'test/live/pages/status-page.test.ts',
  'test/live/hls/hls-restarts.test.ts',
  'test/live/origin/floods.test.ts',
  'test/live/peers/players-titles.test.ts',
  'test/live/cluster/cluster-start.test.ts',
  'test/live/origin/reload-crowd.test.ts',
  'test/live/relays/slave-decider.test.ts',
  'test/live/peers/log-readers.test.ts',
  'test/live/compare/compare-limits.test.ts',
  'test/live/compare/compare-configs.test.ts',
  'test/live/compare/compare-starts.test.ts',
  'test/live/edge/edge-deno.test.ts',
  'test/live/relays/slave-signals.test.ts',
  'test/live/relays/slave-demand.test.ts',
  'test/live/edge/edge-bun.test.ts',
  'test/live/packages/deploy.test.ts',
  'test/live/edge/edge-node.test.ts',
  'test/live/peers/stats-readers.test.ts',
  'test/live/compare/compare-demand.test.ts',
  'test/live/peers/peers-players.test.ts',
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

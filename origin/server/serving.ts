import type { HlsDeps } from '../hls/serve/deps.ts'
import type { SourceDeps } from '../source/deps.ts'
import type { StatsFeeds } from '../stats/feed.ts'

/** Dependencies of all request handlers. */
export interface Serving extends HlsDeps, SourceDeps {
  feeds: StatsFeeds
}

// What an edge answers as JSON (docs/api.md): the types that the npm package has as distributary/api, for TypeScript programs.
export type {
  ClusterJson,
  ClusterMountJson,
  ClusterServerJson,
  ClusterTotals,
  EventJson,
  PerMinuteJson,
  ProblemJson,
  Severity,
} from '../shared/api/cluster-json.ts'
export type { HistoryJson, HistoryRowJson, PlayJson } from '../shared/api/history-json.ts'
export type { MountJson, ServerJson } from '../shared/api/json.ts'
export type { Mount } from '../shared/mount.ts'
export type { NowPlaying } from './pages/now-playing.ts'
export type { ClusterStats } from './pages/status-json.ts'

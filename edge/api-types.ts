// What an edge answers as JSON (docs/api.md), for TypeScript programs: `import type { ClusterJson } from 'distributary/api'`.
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

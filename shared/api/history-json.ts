import type { Mount } from '../mount.ts'

/** `GET /api/history`. Times are ISO 8601. */
export interface HistoryJson {
  /** null: all mounts together */
  mount: Mount | null
  /** null: all servers together */
  server: string | null
  from: string
  to: string
  /** s */
  step: number
  /** oldest first; steps of which nothing is known are left out */
  rows: HistoryRowJson[]
}

/** One step of a history. */
export interface HistoryRowJson {
  /** when the step begins */
  at: string
  listenersMean: number
  listenersPeak: number
  listeningHours: number
  /** joins that the servers counted */
  joins: number
  /** requests that got no server (503); for a server, listeners that it sent back */
  refused: number
  /** kbit/s, mean; for a mount, its listeners times its bit rate */
  bandwidth: number
}

/** `GET /api/plays`: what was played, oldest first. */
export interface PlayJson {
  mount: Mount
  artist: string | null
  title: string | null
  /** ISO 8601 */
  start: string
  /** until its end, or until now */
  seconds: number
  /** over all servers */
  listenersAtStart: number
  listenersMean: number
  listenersPeak: number
  listeningHours: number
  /** it is not over */
  playing: boolean
}

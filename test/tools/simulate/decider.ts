import type { Report } from '../../../shared/report/report.ts'
import type { SimServer } from './server.ts'
import type { Setting } from './setting.ts'
import type { Geography, Spot } from './world/geography.ts'

/** A listener's request to a simulated edge. */
export interface SimRequest {
  mount: number
  /** where the listener is, if known */
  from: Spot | undefined
  /** the server that sent it back */
  except: number | undefined
}

/** A simulated edge, which places listeners by a policy. Servers and mounts are indexes into the setting's. */
export interface SimDecider {
  /** Receives a server's report. */
  take(index: number, report: Report, nowS: number): void
  /** The server that a listener is sent to; undefined if it knows none. */
  place(asked: SimRequest, nowS: number): number | undefined
  /** The interval, in seconds, that its reply to this report requests; undefined if none. */
  wish?(report: Report, nowS: number): number
  /** Restarts; everything that was not stored is lost. */
  restart?(nowS: number): void
}

/** The input of a decider; only the policy of perfect information reads the servers. */
export interface World {
  setting: Setting
  geography: Geography
  servers: readonly SimServer[]
  roll: () => number
}

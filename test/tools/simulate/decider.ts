import type { GeoLocation } from '../../../shared/geo.ts'
import type { Report } from '../../../shared/report/report.ts'
import type { SimServer } from './server.ts'
import type { Setting } from './setting.ts'

/** What a listener asks an edge. */
export interface Asked {
  mount: number
  /** where the listener is, as far as it is known */
  from: GeoLocation | undefined
  /** the server that sent it back */
  except: number | undefined
}

/** One that places listeners: an edge of a policy. Servers and mounts are indexes into the setting's. */
export interface Decider {
  /** A server's report reaches it. */
  take(index: number, report: Report, nowS: number): void
  /** The server that a listener is sent to; undefined where it knows none. */
  place(asked: Asked, nowS: number): number | undefined
  /** The interval, in seconds, that its reply to this report wishes for; undefined where it wishes nothing. */
  wish?(report: Report, nowS: number): number
  /** It ends and begins again; what it did not keep is gone. */
  restart?(nowS: number): void
}

/** What a decider is made from; only perfect information looks at the servers. */
export interface World {
  setting: Setting
  servers: readonly SimServer[]
  roll: () => number
}

import type { GeoLocation } from '../../../shared/geo.ts'

/** A flash crowd and the cluster that it meets. Plain data: it crosses to a worker thread, and the seed does the rest. */
export interface Setting {
  servers: number
  /** of all servers together, for listeners of the mean rate */
  slots: number
  /** log-uniform over a factor of 40 (docs/draw.md#the-simulation), or one server of 20,000 to fifty of 200 */
  sizes: 'log-uniform' | 'one big'
  /** fill of the cluster before the crowd; servers stray from it by `startFillSd` */
  startFill: number
  startFillSd: number
  /** listeners of the crowd, and the seconds over which they come; beside them as many come as go */
  crowd: number
  crowdS: number
  /** seconds simulated after the crowd, and before it: there the factor is learned */
  afterS: number
  beforeS: number
  edges: number
  /** which edge a listener asks: all alike, or the k-th in proportion to 1/k */
  edgeShares: 'equal' | 'zipf'
  /** seconds between a server's reports, its promise too, and the report's way to the edges */
  intervalS: number
  delayS: number
  /** reports on change and the wish of the reply, as docs/protocol.md#when-a-report-is-sent has them; else one each interval and no more */
  earlyReports: boolean
  /** a full server sends back to the edge once, in place of refusing */
  sendBack: boolean
  /** what the mounts need, each with its share of listeners; slots bind, or with several rates the line */
  rates: readonly { kbps: number; share: number }[]
  /** where servers and listeners are, each region with its shares of both; empty: no location is known */
  regions: readonly Region[]
  faults: readonly Fault[]
}

export interface Region {
  location: GeoLocation
  servers: number
  listeners: number
}

/** What goes wrong, in seconds after the crowd's first listener. Server 0 is the one it happens to. */
export type Fault =
  | { kind: 'crash'; atS: number }
  /** it reports on, and refuses everyone */
  | { kind: 'silent'; atS: number }
  /** it always reports 0 listeners */
  | { kind: 'lying'; atS: number }
  | { kind: 'draining'; atS: number }
  /** its program starts anew: its listeners are gone, it counts from 0 and reports at once */
  | { kind: 'reboot'; atS: number }
  /** no report reaches any edge from `atS` to `untilS` */
  | { kind: 'reports lost'; atS: number; untilS: number }
  /** every edge at once begins again from what it kept */
  | { kind: 'edges restart'; atS: number }

/** mean seconds that a listener stays (docs/draw.md#the-simulation) */
export const sessionS = 1800
/** its listeners come and go one by one, and nobody remembers: the next leaves after an exponential time */
export const leavesPerSecond = 1 / sessionS

/** What one listener costs on this setting's servers: a slot, or the mount's rate where the line binds. */
export const costOf = (setting: Setting, mount: number): number =>
  setting.rates.length === 1 ? 1 : (setting.rates[mount]?.kbps ?? 0)

/** The mean of {@link costOf} over listeners. */
export const meanCost = (setting: Setting): number =>
  setting.rates.reduce((sum, { share }, mount) => sum + share * costOf(setting, mount), 0)

/** The fill that a cluster reaches when the whole crowd is in and nobody was refused; those who left are not. */
export const peakFill = ({ startFill, crowd, crowdS, slots }: Setting): number =>
  startFill + crowdStaying(crowd, crowdS) / slots

/** The setting with as many slots as make the crowd reach this fill. */
export const withPeakFill = (setting: Setting, fill: number): Setting => ({
  ...setting,
  slots: Math.ceil(crowdStaying(setting.crowd, setting.crowdS) / (fill - setting.startFill)),
})

/** Of a crowd that comes over so many seconds, those still there at their end. */
function crowdStaying(crowd: number, crowdS: number): number {
  const sessions = crowdS * leavesPerSecond
  return sessions === 0 ? crowd : (crowd * (1 - Math.exp(-sessions))) / sessions
}

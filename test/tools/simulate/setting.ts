import type { GeoLocation } from '../../../shared/geo.ts'

/** A flash crowd and its cluster. Plain data, so it can be sent to a worker thread; the seed determines the rest. */
export interface Setting {
  servers: number
  /** slots of all servers together, for listeners of the mean bit rate */
  slots: number
  /** log-uniform over a factor of 40 (docs/draw.md#the-simulation), or one server of 20,000 to fifty of 200 */
  sizes: 'log-uniform' | 'one big'
  /** fill of the cluster before the crowd; that of each server varies by `startFillSd` */
  startFill: number
  startFillSd: number
  /** listeners of the crowd, and the seconds in which they join; in addition as many join as leave */
  crowd: number
  crowdS: number
  /** seconds simulated after the crowd, and before it: there the factor is learned */
  afterS: number
  beforeS: number
  edges: number
  /** which edge a listener asks: all with the same probability, the k-th in proportion to 1/k, or the whole crowd one and the others all */
  edgeShares: 'equal' | 'zipf' | 'crowd at one'
  /** seconds between a server's reports, also its promise, and the transit time of a report */
  intervalS: number
  delayS: number
  /** reports on change and the wish of the reply, as docs/protocol.md#when-a-report-is-sent has them; else one each interval and no more */
  earlyReports: boolean
  /** a full server sends a listener back to the edge once, instead of rejecting it */
  sendBack: boolean
  /** the bit rates of the mounts, each with its share of listeners; the limit is slots, or bandwidth if there are several rates */
  rates: readonly { kbps: number; share: number }[]
  /** where servers and listeners are, each region with its shares of both; empty: no location is known */
  regions: readonly Region[]
  /** the cities of the world in place of `regions` */
  world?: World | undefined
  faults: readonly Fault[]
}

export interface Region {
  location: GeoLocation
  servers: number
  listeners: number
}

/** Servers and listeners in cities. Listeners of the background are everywhere. */
export interface World {
  /** where the servers are: where people are, or in Europe alone */
  servers: 'matched' | 'Europe'
  /** where the crowd comes from */
  crowd: 'everywhere' | 'one region'
  /** how many of the servers are in the city of the first */
  together: number
}

/** A fault, in seconds after the crowd's first listener. It happens to server 0. */
export type Fault =
  | { kind: 'crash'; atS: number }
  /** it keeps reporting, and rejects everyone */
  | { kind: 'silent'; atS: number }
  /** it always reports 0 listeners */
  | { kind: 'lying'; atS: number }
  | { kind: 'draining'; atS: number }
  /** its program restarts: its listeners are gone, it counts from 0 and reports at once */
  | { kind: 'reboot'; atS: number }
  /** no report reaches any edge from `atS` to `untilS` */
  | { kind: 'reports lost'; atS: number; untilS: number }
  /** all edges restart at once from what they stored */
  | { kind: 'edges restart'; atS: number }

/** mean seconds that a listener stays (docs/draw.md#the-simulation) */
export const sessionS = 1800
/** its listeners come and go one by one, and nobody remembers: the next leaves after an exponential time */
export const leavesPerSecond = 1 / sessionS

/** What one listener costs on this setting's servers: a slot, or the mount's bit rate if bandwidth is the limit. */
export const costOf = (setting: Setting, mount: number): number =>
  setting.rates.length === 1 ? 1 : (setting.rates[mount]?.kbps ?? 0)

/** The mean of {@link costOf} over listeners. */
export const meanCost = (setting: Setting): number =>
  setting.rates.reduce((sum, { share }, mount) => sum + share * costOf(setting, mount), 0)

/** The fill of the cluster when the whole crowd has joined and nobody was rejected, without those who have left. */
export const peakFill = ({ startFill, crowd, crowdS, slots }: Setting): number =>
  startFill + crowdStaying(crowd, crowdS) / slots

/** The setting with the number of slots at which the crowd reaches this fill. */
export const withPeakFill = (setting: Setting, fill: number): Setting => ({
  ...setting,
  slots: Math.ceil(crowdStaying(setting.crowd, setting.crowdS) / (fill - setting.startFill)),
})

/** The fraction of a crowd, joining over `crowdS` seconds, that is still there at their end. */
function crowdStaying(crowd: number, crowdS: number): number {
  const sessions = crowdS * leavesPerSecond
  return sessions === 0 ? crowd : (crowd * (1 - Math.exp(-sessions))) / sessions
}

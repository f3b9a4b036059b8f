import type { Report } from '../shared/report.ts'

/**
 * What an origin runs by. Times in ms where the name says so, sizes in bytes, rates in kbit/s.
 *
 * One object a program: SIGHUP and the port that the system gave for 0 change it in place, so its fields are read
 * where they are used and not copied at the start. `port`, `bind`, `tls` and `dataDir` hold until a restart.
 */
export interface OriginConfig {
  /** 0: any free one */
  port: number
  /** undefined: `::`, both stacks; `0.0.0.0` where there is no IPv6 */
  bind: string | undefined
  tls: { port: number; certFile: string; keyFile: string } | undefined
  /** for `listenurl`, playlists and the default public URL */
  hostname: string
  /** origins (scheme, host, port) under which listeners reach this server; at least one */
  publicUrls: readonly string[]
  /** undefined: that kind of access is off; so for the other passwords */
  sourcePassword: string | undefined
  relayUser: string
  relayPassword: string | undefined
  adminUser: string
  adminPassword: string | undefined
  limits: OriginLimits
  /** where a slave gets its stream list; undefined: not a slave */
  master: MasterConfig | undefined
  /** between two requests for the stream list; of a report no more than 30 s are promised */
  updateIntervalS: number
  /** relays run only while somebody listens */
  onDemand: boolean
  /** a slave: it reports. A master without an edge: it takes reports and redirects its own listeners (S2, S13) */
  publicSlave: boolean
  /** origins that are reported to beside the master */
  edges: readonly string[]
  edgePassword: string | undefined
  /** how reports name this server */
  id: string
  location: Report['location']
  /** undefined: all in memory */
  dataDir: string | undefined
  /** what a listener has from SIGTERM until its connection is closed */
  graceMs: number
  /** `admin` and `location` of icecast.xml, shown in the stats */
  serverInfo: { admin: string; location: string }
}

export interface OriginLimits {
  /** of all mounts together, relays with credentials not counted; 0: takes none */
  maxListeners: number
  sources: number
  /** bytes a mount holds for its listeners */
  queueBytes: number
  /** bytes that a new listener gets at once */
  burstBytes: number
  /** for a whole request head */
  headerTimeoutMs: number
  /** silence after which a source is dropped, and how long a relay's listeners wait for their master */
  sourceTimeoutMs: number
  /** undefined: unknown */
  maxBandwidthKbps: number | undefined
}

export interface MasterConfig {
  /** origins, asked in this order: the first that answers */
  urls: readonly string[]
  user: string
  password: string
}

import { idOf, isLoopbackUrl, type Report } from '../../shared/report/report.ts'
import { ConfigError } from './error.ts'
import { mastersOf } from './masters.ts'
import { MountTable } from './mount-table.ts'
import { type Settings, sizes } from './settings.ts'
import { listenable, socketsOf, type TlsFiles, tlsOf } from './sockets.ts'
import type { Burst } from './values.ts'
import type { Warn } from './xml/block.ts'
import type { DirectorySettings } from './xml/directory-settings.ts'
import type { HeaderRule } from './xml/headers.ts'
import { type FileSettings, noBlocks } from './xml/icecast-xml.ts'
import type { LogSettings } from './xml/log-settings.ts'
import type { MasterSettings } from './xml/master-settings.ts'
import type { PathSettings } from './xml/path-settings.ts'
import type { RelaySettings } from './xml/relay-settings.ts'
import type { OwnerSettings } from './xml/security-settings.ts'
import type { SocketSettings } from './xml/socket-settings.ts'

/**
 * What an origin runs by. Times in ms where the name says so, sizes in bytes, rates in kbit/s.
 *
 * One object a program: SIGHUP and the port that the system gave for 0 change it in place, so its fields are read
 * where they are used and not copied at the start. What `held` names below stays until a restart.
 */
export interface OriginConfig {
  /** where the first socket listens: the port that others are told of; 0: any free one */
  port: number
  /** at least one */
  sockets: readonly SocketSettings[]
  /** of the sockets with TLS; there where one has it */
  tls: TlsFiles | undefined
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
  /** where a slave gets its stream lists, in order of preference; empty: not a slave */
  masters: readonly MasterSettings[]
  /** streams of other servers beside those of masters */
  relays: readonly RelaySettings[]
  /** what holds for single mounts */
  mounts: MountTable
  /** between two requests for the stream list; of a report no more than 30 s are promised */
  updateIntervalS: number
  /** relays run only while somebody listens */
  onDemand: boolean
  /** lists and redirects may lead relays to addresses on the inside */
  relayInside: boolean
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
  /** the `Server` header; undefined: our own */
  serverId: string | undefined
  logging: LogSettings
  /** where public mounts are announced */
  directories: readonly DirectorySettings[]
  paths: PathSettings
  /** whether files of the webroot are served */
  fileserve: boolean
  /** on answers of every kind */
  httpHeaders: readonly HeaderRule[]
  /** whom the program becomes once it listens */
  owner: OwnerSettings | undefined
}

export interface OriginLimits {
  /** of all mounts together, relays with credentials not counted; 0: takes none */
  maxListeners: number
  sources: number
  /** bytes a mount holds for its listeners */
  queueBytes: number
  /** what a new listener gets at once */
  burst: Burst
  /** for a whole request head */
  headerTimeoutMs: number
  /** silence after which a source is dropped, and how long a relay's listeners wait for their master */
  sourceTimeoutMs: number
  /** undefined: unknown */
  maxBandwidthKbps: number | undefined
  /** files and sockets that the system lets the program open, set once it runs; left out: no bound is known */
  openFiles?: number | undefined
}

/** Every default that does not hang on another setting, in one place (docs/configuration.md#the-origin-flags). */
const defaults = {
  hostname: 'localhost',
  maxListeners: 256,
  /** Icecast's, for a file that does not say */
  sourcesInFile: 16,
  /** sources and relays: as many mounts as a report takes */
  sources: 10_000,
  ...sizes,
  headerTimeoutS: 15,
  sourceTimeoutS: 10,
  /** Icecast's, for a file that does not say */
  updateIntervalInFileS: 120,
  updateIntervalS: 10,
  graceS: 5,
} as const

/** Where settings stand, the strongest first. */
export interface SettingSources {
  flags: Settings
  environment: Settings
  /** undefined: there is no file */
  file: FileSettings | undefined
}

/**
 * What the settings make together. `boundPort`: the port that the system gave for 0, once it is known.
 * @param warn told what of the file is left out since the rest does not go with it
 * @throws ConfigError where two of them do not go together; it names the flag to set
 */
export function createConfig(
  sources: SettingSources,
  boundPort?: number,
  warn: Warn = () => {},
): OriginConfig {
  const { flags, file } = sources
  const blocks = file?.blocks ?? noBlocks
  const all: Settings = { ...file?.settings, ...sources.environment, ...flags }
  const sockets = socketsOf(flags, listenable(blocks, warn), boundPort)
  const [first] = sockets
  const { port } = first
  const hostname = all.hostname ?? defaults.hostname
  const publicUrls = all.publicUrl ?? [
    new URL(`${first.secure ? 'https' : 'http'}://${hostname}:${port}`).origin,
  ]
  const config: OriginConfig = {
    port,
    sockets,
    tls: tlsOf(flags, sockets, blocks.paths),
    hostname,
    publicUrls,
    sourcePassword: all.sourcePassword,
    relayUser: all.relayUser ?? 'relay',
    relayPassword: all.relayPassword,
    adminUser: all.adminUser ?? 'admin',
    adminPassword: all.adminPassword,
    limits: limitsOf(all, file !== undefined),
    masters: mastersOf(sources, warn),
    relays: blocks.relays,
    mounts: new MountTable(blocks.mounts),
    updateIntervalS: all.updateIntervalS ?? defaultInterval(sources),
    onDemand: all.onDemand ?? false,
    relayInside: all.relayInside ?? false,
    publicSlave: all.publicSlave ?? flags.master !== undefined,
    edges: all.edge ?? [],
    edgePassword: all.edgePassword,
    id: all.id ?? idOf(publicUrls[0] ?? ''),
    location: all.location,
    dataDir: all.dataDir,
    graceMs: (all.graceS ?? defaults.graceS) * 1000,
    serverInfo: { admin: all.serverAdmin ?? 'icemaster@localhost', location: all.serverLocation ?? 'Earth' },
    serverId: all.serverId,
    logging: all.logLevel === undefined ? blocks.logging : { ...blocks.logging, level: all.logLevel },
    directories: blocks.directories,
    paths: blocks.paths,
    // Icecast serves them unless it is told not to; without a webroot there are none
    fileserve: all.fileserve ?? true,
    httpHeaders: [...serverHeader(all.serverId), ...blocks.headers],
    owner: blocks.owner,
  }
  checkReports(config)
  return config
}

/** `server-id` is how answers call this server. */
const serverHeader = (serverId: string | undefined): HeaderRule[] =>
  serverId === undefined ? [] : [{ name: 'Server', value: serverId, status: undefined }]

const defaultInterval = ({ flags, file }: SettingSources) =>
  file !== undefined && flags.master === undefined && flags.edge === undefined
    ? defaults.updateIntervalInFileS
    : defaults.updateIntervalS

function limitsOf(all: Settings, inFile: boolean): OriginLimits {
  const queueBytes = all.queueBytes ?? defaults.queueBytes
  const burst = all.burstOnConnect === false ? { bytes: 0 } : (all.burst ?? { bytes: defaults.burstBytes })
  return {
    maxListeners: all.maxListeners ?? all.clients ?? defaults.maxListeners,
    sources: all.sources ?? (inFile ? defaults.sourcesInFile : defaults.sources),
    queueBytes,
    burst,
    headerTimeoutMs: (all.headerTimeoutS ?? defaults.headerTimeoutS) * 1000,
    sourceTimeoutMs: (all.sourceTimeoutS ?? defaults.sourceTimeoutS) * 1000,
    maxBandwidthKbps: all.maxBandwidthKbps,
  }
}

/** Where this server reports to: its master while it is a public slave, and every edge. */
const reportsTo = ({ masters, publicSlave, edges }: OriginConfig): string[] => [
  ...(publicSlave ? masters.map(({ url }) => url) : []),
  ...edges,
]

function checkReports(config: OriginConfig): void {
  if (config.edges.length > 0 && config.edgePassword === undefined)
    throw new ConfigError(`the edge ${config.edges[0]} needs a password, expected --edge-password`)
  const loopback = config.publicUrls.find(isLoopbackUrl)
  const remote = reportsTo(config).find((url) => !isLoopbackUrl(url))
  if (loopback !== undefined && remote !== undefined)
    throw new ConfigError(
      `the public URL is ${loopback}, which ${remote} could send nobody to; expected --public-url (or --hostname) with an address that listeners reach`,
    )
}

/** What holds until a restart: it is built into the parts when they are made. */
const held = ['port', 'sockets', 'id', 'dataDir', 'publicSlave', 'edges', 'edgePassword'] as const

/** Puts new settings in place of those of a running server. Returns the names of changed ones that need a restart. */
export function reload(config: OriginConfig, next: OriginConfig): string[] {
  // other masters are taken over; but a slave is another kind of server than a master
  const becomesOther = config.masters.length > 0 !== next.masters.length > 0
  const names = becomesOther ? ([...held, 'masters'] as const) : held
  const kept = Object.fromEntries(names.map((name) => [name, config[name]]))
  const waiting = names.filter((name) => JSON.stringify(config[name]) !== JSON.stringify(next[name]))
  Object.assign(config.limits, next.limits)
  Object.assign(config, next, kept, { limits: config.limits })
  return waiting
}

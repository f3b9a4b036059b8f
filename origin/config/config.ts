import { hlsLimits } from '../../shared/hls/limits.ts'
import { type Blocks, parseBlocks } from '../../shared/http/address.ts'
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
 * The configuration of an origin. Times are in ms where the name says so, sizes in bytes, rates in kbit/s.
 *
 * A program has one such object. SIGHUP, and the port that the system chose for 0, change it in place, so its fields are
 * read where they are used and not copied at the start. The fields in `held` below stay until a restart.
 */
export interface OriginConfig {
  /** port of the first socket, the one that others are told; 0: any free port */
  port: number
  /** at least one */
  sockets: readonly SocketSettings[]
  /** for the sockets with TLS; undefined: there are none */
  tls: TlsFiles | undefined
  /** for `listenurl`, playlists and the default public URL */
  hostname: string
  /** origins (scheme, host, port) under which listeners reach this server; at least one */
  publicUrls: readonly string[]
  /** undefined: sources are rejected; likewise for the other passwords */
  sourcePassword: string | undefined
  relayUser: string
  relayPassword: string | undefined
  adminUser: string
  adminPassword: string | undefined
  limits: OriginLimits
  /** servers that a slave polls for stream lists, in order of preference; empty: not a slave */
  masters: readonly MasterSettings[]
  /** streams relayed from other servers than the masters */
  relays: readonly RelaySettings[]
  /** settings of single mounts */
  mounts: MountTable
  /** s of audio in a segment of HLS, and in a playlist */
  hls: { segmentSeconds: number; windowSeconds: number }
  /** between two requests for the stream list; reports come at least every 30 s */
  updateIntervalS: number
  /** relays run only while they have a listener */
  onDemand: boolean
  /** stream lists and redirects may lead relays to private addresses */
  relayInside: boolean
  /** a slave: it reports. A master without an edge: it accepts reports and redirects its own listeners (S2, S13) */
  publicSlave: boolean
  /** edges that get reports in addition to the master, as origins (scheme, host, port) */
  edges: readonly string[]
  edgePassword: string | undefined
  /** name of this server in reports */
  id: string
  location: Report['location']
  /** proxies that tell the client of a request */
  trustedProxies: Blocks
  /** undefined: everything is kept in memory */
  dataDir: string | undefined
  /** time from SIGTERM until the listeners' connections are closed */
  graceMs: number
  /** `admin` and `location` of icecast.xml, for the stats */
  serverInfo: { admin: string; location: string }
  /** the `Server` header; undefined: the default */
  serverId: string | undefined
  logging: LogSettings
  /** where public mounts are announced */
  directories: readonly DirectorySettings[]
  paths: PathSettings
  /** whether files of the webroot are served */
  fileserve: boolean
  /** added to all answers */
  httpHeaders: readonly HeaderRule[]
  /** user and group that the program changes to once its ports are bound */
  owner: OwnerSettings | undefined
}

export interface OriginLimits {
  /** of all mounts together, relays with credentials not counted; 0: no listeners */
  maxListeners: number
  sources: number
  /** bytes of its stream that a mount keeps for its listeners */
  queueBytes: number
  /** part of the stream that a new listener gets at once */
  burst: Burst
  /** for a whole request head */
  headerTimeoutMs: number
  /** silence after which a source is dropped; also how long listeners of a relay wait for its master */
  sourceTimeoutMs: number
  /** undefined: unknown */
  maxBandwidthKbps: number | undefined
  /** files and sockets that the system lets the program open, set at the start; undefined: no bound is known */
  openFiles?: number | undefined
}

/** Every default that does not depend on another setting, in one place (docs/configuration.md#the-origin-flags). */
const defaults = {
  hostname: 'localhost',
  maxListeners: 256,
  /** with a file that does not set it: as in Icecast */
  sourcesInFile: 16,
  /** sources and relays: as many as the mounts of a report */
  sources: 10_000,
  ...sizes,
  headerTimeoutS: 15,
  sourceTimeoutS: 10,
  /** with a file that does not set it: as in Icecast */
  updateIntervalInFileS: 120,
  updateIntervalS: 10,
  graceS: 5,
} as const

/** The sources of settings, highest priority first. */
export interface SettingSources {
  flags: Settings
  environment: Settings
  /** undefined: there is no file */
  file: FileSettings | undefined
}

/**
 * Combines all settings into a configuration. `boundPort`: the port that the system chose for 0, once it is known.
 * @param warn called for each setting of the file that is left out because it contradicts others
 * @throws ConfigError if two settings contradict each other; it names the flag to set
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
    hls: hlsOf(all),
    updateIntervalS: all.updateIntervalS ?? defaultInterval(sources),
    onDemand: all.onDemand ?? false,
    relayInside: all.relayInside ?? false,
    publicSlave: all.publicSlave ?? flags.master !== undefined,
    edges: all.edge ?? [],
    edgePassword: all.edgePassword,
    id: all.id ?? idOf(publicUrls[0] ?? ''),
    location: all.location,
    trustedProxies: (all.trustedProxies ?? blocks.paths.trustedProxies).flatMap(parseBlocks),
    dataDir: all.dataDir,
    graceMs: (all.graceS ?? defaults.graceS) * 1000,
    serverInfo: { admin: all.serverAdmin ?? 'icemaster@localhost', location: all.serverLocation ?? 'Earth' },
    serverId: all.serverId,
    logging: all.logLevel === undefined ? blocks.logging : { ...blocks.logging, level: all.logLevel },
    directories: blocks.directories,
    paths: blocks.paths,
    // Icecast serves files unless they are turned off; without a webroot there are none
    fileserve: all.fileserve ?? true,
    httpHeaders: [...serverHeader(all.serverId), ...blocks.headers],
    owner: blocks.owner,
  }
  checkReports(config)
  return config
}

/** A playlist lists at least three segments (RFC 8216 §6.2.2). */
function hlsOf({ hlsSegmentS, hlsWindowS }: Settings): OriginConfig['hls'] {
  const segmentSeconds = hlsSegmentS ?? hlsLimits.segmentSeconds
  const windowSeconds = hlsWindowS ?? hlsLimits.windowSeconds
  return {
    segmentSeconds,
    windowSeconds: Math.max(windowSeconds, hlsLimits.windowTargetsMin * segmentSeconds),
  }
}

/** `server-id` replaces the `Server` header. */
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

/** The receivers of this server's reports: its masters if it is a public slave, and every edge. */
const reportsTo = ({ masters, publicSlave, edges }: OriginConfig): string[] => [
  ...(publicSlave ? masters.map(({ url }) => url) : []),
  ...edges,
]

function checkReports(config: OriginConfig): void {
  if (config.edges.length > 0 && config.edgePassword === undefined)
    throw new ConfigError(`the edge ${config.edges[0]} needs a password: set --edge-password`)
  const loopback = config.publicUrls.find(isLoopbackUrl)
  const remote = reportsTo(config).find((url) => !isLoopbackUrl(url))
  if (loopback !== undefined && remote !== undefined)
    throw new ConfigError(
      `the public URL is ${loopback}, and ${remote} cannot redirect listeners to it: set --public-url (or --hostname) to an address that listeners reach`,
    )
}

/** Settings that stay until a restart, because they are used at the start only. */
const held = ['port', 'sockets', 'id', 'dataDir', 'publicSlave', 'edges', 'edgePassword'] as const

/** Replaces the settings of a running server. Returns the names of changed settings that need a restart. */
export function reload(config: OriginConfig, next: OriginConfig): string[] {
  // a slave can change its masters, but a master cannot become a slave, nor a slave a master
  const becomesOther = config.masters.length > 0 !== next.masters.length > 0
  const names = becomesOther ? ([...held, 'masters'] as const) : held
  const kept = Object.fromEntries(names.map((name) => [name, config[name]]))
  const waiting = names.filter((name) => JSON.stringify(config[name]) !== JSON.stringify(next[name]))
  Object.assign(config.limits, next.limits)
  Object.assign(config, next, kept, { limits: config.limits })
  return waiting
}

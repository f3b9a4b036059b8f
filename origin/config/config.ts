import { idOf, isLoopbackUrl, type Report } from '../../shared/report.ts'
import { ConfigError, type Settings } from './settings.ts'

/**
 * What an origin runs by. Times in ms where the name says so, sizes in bytes, rates in kbit/s.
 *
 * One object a program: SIGHUP and the port that the system gave for 0 change it in place, so its fields are read
 * where they are used and not copied at the start. What `held` names below stays until a restart.
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

/** Every default that does not hang on another setting, in one place (contract §4). */
const defaults = {
  port: 8000,
  hostname: 'localhost',
  maxListeners: 256,
  /** Icecast's, for a file that does not say */
  sourcesInFile: 16,
  sources: 1024,
  queueBytes: 512_000,
  burstBytes: 65_536,
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
  file: Settings | undefined
}

/**
 * What the settings make together. `boundPort`: the port that the system gave for 0, once it is known.
 * Throws {@link ConfigError} where two of them do not go together; it names the flag to set.
 */
export function createConfig(sources: SettingSources, boundPort?: number): OriginConfig {
  const { flags, file } = sources
  const all: Settings = { ...file, ...sources.environment, ...flags }
  const port = boundPort ?? all.port ?? defaults.port
  const hostname = all.hostname ?? defaults.hostname
  const publicUrls = all.publicUrl ?? [new URL(`http://${hostname}:${port}`).origin]
  const config: OriginConfig = {
    port,
    bind: all.bind,
    tls: tlsOf(all),
    hostname,
    publicUrls,
    sourcePassword: all.sourcePassword,
    relayUser: all.relayUser ?? 'relay',
    relayPassword: all.relayPassword,
    adminUser: all.adminUser ?? 'admin',
    adminPassword: all.adminPassword,
    limits: limitsOf(all, file !== undefined),
    master: masterOf(all, flags),
    updateIntervalS: all.updateIntervalS ?? defaultInterval(sources),
    onDemand: all.onDemand ?? false,
    publicSlave: all.publicSlave ?? flags.master !== undefined,
    edges: all.edge ?? [],
    edgePassword: all.edgePassword,
    id: all.id ?? idOf(publicUrls[0] ?? ''),
    location: all.location,
    dataDir: all.dataDir,
    graceMs: (all.graceS ?? defaults.graceS) * 1000,
    serverInfo: { admin: all.serverAdmin ?? 'icemaster@localhost', location: all.serverLocation ?? 'Earth' },
  }
  checkReports(config)
  return config
}

const defaultInterval = ({ flags, file }: SettingSources) =>
  file !== undefined && flags.master === undefined && flags.edge === undefined
    ? defaults.updateIntervalInFileS
    : defaults.updateIntervalS

function limitsOf(all: Settings, inFile: boolean): OriginLimits {
  const queueBytes = all.queueBytes ?? defaults.queueBytes
  const burstBytes = all.burstOnConnect === false ? 0 : (all.burstBytes ?? defaults.burstBytes)
  if (burstBytes > queueBytes)
    throw new ConfigError(
      `<limits><burst-size> is ${burstBytes}, expected at most the queue-size, ${queueBytes}`,
    )
  return {
    maxListeners: all.maxListeners ?? all.clients ?? defaults.maxListeners,
    sources: all.sources ?? (inFile ? defaults.sourcesInFile : defaults.sources),
    queueBytes,
    burstBytes,
    headerTimeoutMs: (all.headerTimeoutS ?? defaults.headerTimeoutS) * 1000,
    sourceTimeoutMs: (all.sourceTimeoutS ?? defaults.sourceTimeoutS) * 1000,
    maxBandwidthKbps: all.maxBandwidthKbps,
  }
}

function tlsOf({ tlsPort, tlsCert, tlsKey }: Settings): OriginConfig['tls'] {
  if (tlsPort === undefined) return undefined
  if (tlsCert === undefined) throw new ConfigError('--tls-port needs a certificate, expected --tls-cert')
  if (tlsKey === undefined) throw new ConfigError('--tls-port needs a key, expected --tls-key')
  return { port: tlsPort, certFile: tlsCert, keyFile: tlsKey }
}

/** A flag's master stands for the file's whole `master-server`. */
function masterOf(all: Settings, flags: Settings): MasterConfig | undefined {
  const urls = flags.master ?? masterInFile(all)
  if (!urls) return undefined
  if (all.masterPassword === undefined)
    throw new ConfigError(
      `the master ${urls[0]} needs a password, expected --master-password, ORIGIN_MASTER_PASSWORD or <master-password>`,
    )
  return { urls, user: all.masterUser ?? 'relay', password: all.masterPassword }
}

function masterInFile({ masterServer, masterPort, masterTls }: Settings): string[] | undefined {
  if (masterServer === undefined) return undefined
  if (masterPort === undefined)
    throw new ConfigError(`<master-server> is "${masterServer}", expected a <master-server-port> beside it`)
  const host = masterServer.includes(':') ? `[${masterServer.replace(/^\[|\]$/g, '')}]` : masterServer
  const url = `${masterTls ? 'https' : 'http'}://${host}:${masterPort}`
  if (!URL.canParse(url) || new URL(url).pathname !== '/')
    throw new ConfigError(`<master-server> is "${masterServer}", expected a host name or address`)
  return [new URL(url).origin]
}

/** Where this server reports to: its master while it is a public slave, and every edge. */
export const reportsTo = ({ master, publicSlave, edges }: OriginConfig): string[] => [
  ...(master && publicSlave ? master.urls : []),
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
const held = [
  'port',
  'bind',
  'tls',
  'id',
  'dataDir',
  'master',
  'publicSlave',
  'edges',
  'edgePassword',
] as const

/** Puts new settings in place of those of a running server. Returns the names of changed ones that need a restart. */
export function reload(config: OriginConfig, next: OriginConfig): string[] {
  const kept = Object.fromEntries(held.map((name) => [name, config[name]]))
  const waiting = held.filter((name) => JSON.stringify(config[name]) !== JSON.stringify(next[name]))
  Object.assign(config.limits, next.limits)
  Object.assign(config, next, kept, { limits: config.limits })
  return waiting
}

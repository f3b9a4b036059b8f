import * as v from 'valibot'
import { readSetting, type SettingName, type Settings, sizes } from '../settings.ts'
import { mount } from '../values.ts'
import { at, type Warn } from './block.ts'
import { type DirectorySettings, readDirectories } from './directory-settings.ts'
import { readIcecast, type XmlElement } from './element.ts'
import { type HeaderRule, readHeaders } from './headers.ts'
import { type LogSettings, noLogFiles, readLogging } from './log-settings.ts'
import { type MasterInFile, masterElements, readMasters } from './master-settings.ts'
import { type MountBlocks, readMounts } from './mount-blocks.ts'
import { noPaths, type PathSettings, readPaths } from './path-settings.ts'
import { type RelaySettings, readRelays } from './relay-settings.ts'
import { type OwnerSettings, readSecurity } from './security-settings.ts'
import { readSockets, type SocketSettings, withSocket } from './socket-settings.ts'

/** Elements that contain one value, by their path below `<icecast>` (docs/icecast.md#global-settings; those marked "ours" are not Icecast's). */
export const singleElements: Readonly<Record<string, SettingName>> = {
  hostname: 'hostname',
  admin: 'serverAdmin',
  location: 'serverLocation',
  'server-id': 'serverId',
  'public-url': 'publicUrl', // ours
  'limits/clients': 'clients',
  'limits/max-listeners': 'maxListeners',
  'limits/max-bandwidth': 'maxBandwidthKbps',
  'limits/sources': 'sources',
  'limits/queue-size': 'queueBytes',
  'limits/burst-size': 'burst',
  'limits/burst-on-connect': 'burstOnConnect',
  'limits/header-timeout': 'headerTimeoutS',
  'limits/source-timeout': 'sourceTimeoutS',
  'authentication/source-password': 'sourcePassword',
  'authentication/relay-user': 'relayUser',
  'authentication/relay-password': 'relayPassword',
  'authentication/admin-user': 'adminUser',
  'authentication/admin-password': 'adminPassword',
  'master-update-interval': 'updateIntervalS',
  'master-public-slave': 'publicSlave',
  'relays-on-demand': 'onDemand',
  'relay-inside': 'relayInside', // ours
  'shoutcast-mount': 'shoutcastMount',
  'hls-segment': 'hlsSegmentS', // ours
  'hls-window': 'hlsWindowS', // ours
  fileserve: 'fileserve',
  edge: 'edge', // ours
  'edge-password': 'edgePassword', // ours
  'server-key': 'id', // ours
  'geo-location': 'location', // ours
}

/** Elements that contain elements; each is read in its own file. */
export const blockNames = [
  'listen-socket',
  'mount',
  'relay',
  'directory',
  'yp-directory',
  'logging',
  'paths',
  'http-headers',
  'security',
] as const
type BlockName = (typeof blockNames)[number]
const isBlock = (name: string): name is BlockName => blockNames.some((block) => block === name)

/** Elements of Icecast that have no effect here; all other elements count as mistakes. */
const unused = new Set(
  `limits/client-timeout limits/body-timeout limits/bodysize limits/body-size-limit limits/min-queue-size limits/workers
  limits/threadpool limits/inactivity-timeout master-redirect max-redirect-slaves master-relay-auth master-bind
  redirect`.split(/\s+/),
)

/** The blocks of an icecast.xml. */
export interface FileBlocks {
  sockets: readonly SocketSettings[]
  masters: readonly MasterInFile[]
  mounts: MountBlocks
  relays: readonly RelaySettings[]
  directories: readonly DirectorySettings[]
  logging: LogSettings
  paths: PathSettings
  headers: readonly HeaderRule[]
  owner: OwnerSettings | undefined
}

/** The blocks without a file. */
export const noBlocks: FileBlocks = {
  sockets: [],
  masters: [],
  mounts: { exact: new Map(), patterns: [], fallback: undefined },
  relays: [],
  directories: [],
  logging: noLogFiles,
  paths: noPaths,
  headers: [],
  owner: undefined,
}

/** The contents of a file. */
export interface FileSettings {
  settings: Settings
  blocks: FileBlocks
}

/**
 * Reads an icecast.xml (its vocabulary keeps its meaning) into settings, and into warnings about elements that have no
 * effect, or another effect than written. An empty element counts as unset, as in Icecast. Throws {@link ConfigError} if the
 * file is not XML, or if an element that Icecast does not have is invalid.
 */
export function parseIcecastXml(xml: string): FileSettings & { warnings: string[] } {
  const root = withSocket(readIcecast(xml))
  const settings: Settings = {}
  const warnings: string[] = []
  const warn = (text: string) => void warnings.push(text)
  const without: string[] = []
  let burst: XmlElement | undefined
  const found = new Map<BlockName, XmlElement[]>(blockNames.map((name) => [name, []]))
  for (const element of flatten(root.children)) {
    const { name } = element
    const said = `${at(element)}${bracketed(name)}`
    const setting = Object.hasOwn(singleElements, name) ? singleElements[name] : undefined
    if (setting === 'burst' || (setting === 'queueBytes' && !burst)) burst = element
    if (setting !== undefined) {
      if (element.text !== '') readSetting(settings, setting, said, element.text, warn)
    } else if (isBlock(name)) found.get(name)?.push(element)
    else if (unused.has(name)) without.push(bracketed(name))
    else if (!masterElements.has(name)) warnings.push(`${said} is unknown and has no effect`)
  }
  if (without.length > 0)
    warnings.push(`these elements of Icecast have no effect here: ${[...new Set(without)].join(', ')}`)
  if (burst) holdBurst(settings, burst, warn)
  const blocks = readBlocks(root, (name) => found.get(name) ?? [], settings, warn)
  return { settings, blocks, warnings }
}

/** Makes a queue that is shorter than the burst as long as the burst. `said` is the element that sets one of them. */
function holdBurst(settings: Settings, said: XmlElement, warn: Warn): void {
  const { burstOnConnect, queueBytes = sizes.queueBytes, burst = { bytes: sizes.burstBytes } } = settings
  if (burstOnConnect === false || !('bytes' in burst) || burst.bytes <= queueBytes) return
  warn(
    `${at(said)}${bracketed(said.name)} is ${JSON.stringify(said.text)}, expected a burst of ${burst.bytes} bytes in a queue of ${queueBytes} at most; the queue is as long as the burst`,
  )
  settings.queueBytes = burst.bytes
}

function readBlocks(
  root: XmlElement,
  of: (name: BlockName) => XmlElement[],
  { shoutcastMount }: Settings,
  warn: Warn,
): FileBlocks {
  const paths = readPaths(of('paths'), warn)
  return {
    sockets: readSockets(of('listen-socket'), shoutcastMount ?? standardMount, warn),
    masters: readMasters(root.children, warn),
    mounts: readMounts(of('mount'), warn),
    relays: readRelays(of('relay'), warn),
    directories: readDirectories([...of('directory'), ...of('yp-directory')], warn),
    logging: readLogging(of('logging'), paths.logDir, warn),
    paths,
    headers: readHeaders(root, warn),
    owner: readSecurity(of('security'), warn),
  }
}

/** default mount of Shoutcast sources, as in Icecast */
const standardMount = v.parse(mount, '/stream')

const bracketed = (path: string) =>
  path
    .split('/')
    .map((name) => `<${name}>`)
    .join('')

/** Replaces `limits` and `authentication` by their elements, with paths as names; everything else stays whole. */
const flatten = (children: readonly XmlElement[]): XmlElement[] =>
  children.flatMap((child) =>
    child.name === 'limits' || child.name === 'authentication'
      ? child.children.map((inner) => ({ ...inner, name: `${child.name}/${inner.name}` }))
      : [child],
  )

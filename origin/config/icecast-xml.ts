import { XMLParser, XMLValidator } from 'fast-xml-parser'
import * as v from 'valibot'
import { ConfigError, readSetting, type SettingName, type Settings } from './settings.ts'

/** Elements that set something, by their path below `<icecast>` (icecast-protocol §6.1; those marked are ours). */
const elements: Readonly<Record<string, SettingName>> = {
  hostname: 'hostname',
  admin: 'serverAdmin',
  location: 'serverLocation',
  'public-url': 'publicUrl', // ours
  'limits/clients': 'clients',
  'limits/max-listeners': 'maxListeners',
  'limits/max-bandwidth': 'maxBandwidthKbps',
  'limits/sources': 'sources',
  'limits/queue-size': 'queueBytes',
  'limits/burst-size': 'burstBytes',
  'limits/burst-on-connect': 'burstOnConnect',
  'limits/header-timeout': 'headerTimeoutS',
  'limits/source-timeout': 'sourceTimeoutS',
  'authentication/source-password': 'sourcePassword',
  'authentication/relay-user': 'relayUser',
  'authentication/relay-password': 'relayPassword',
  'authentication/admin-user': 'adminUser',
  'authentication/admin-password': 'adminPassword',
  'master-server': 'masterServer',
  'master-server-port': 'masterPort',
  'master-ssl': 'masterTls', // ours
  'master-username': 'masterUser',
  'master-password': 'masterPassword',
  'master-update-interval': 'updateIntervalS',
  'master-public-slave': 'publicSlave',
  'relays-on-demand': 'onDemand',
  edge: 'edge', // ours
  'edge-password': 'edgePassword', // ours
  'server-key': 'id', // ours
  'geo-location': 'location', // ours
}

/** Icecast's elements that have nothing to set here; all else is taken for a slip of the pen. */
const unused = new Set(
  `server-id limits/client-timeout limits/body-timeout limits/bodysize limits/min-queue-size limits/workers
  limits/threadpool limits/inactivity-timeout shoutcast-mount relay directory yp-directory fileserve http-headers
  paths logging security mount master-redirect max-redirect-slaves master-relay-auth master-ssl-port master-bind
  redirect listen-socket/shoutcast-mount listen-socket/shoutcast-compat listen-socket/so-sndbuf
  listen-socket/listen-backlog listen-socket/id listen-socket/type listen-socket/http-headers
  listen-socket/authentication listen-socket/queue-len listen-socket/so-mss`.split(/\s+/),
)

/** One element: its text, and the elements in it. */
interface Element {
  name: string
  text: string
  children: Element[]
}

const NodeSchema: v.GenericSchema<Record<string, unknown>> = v.record(v.string(), v.unknown())
const NodesSchema = v.array(NodeSchema)

// the tree is kept in the order of the file: <listen-socket> comes several times, and the last of a scalar wins
const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  ignoreDeclaration: true,
  parseTagValue: false,
  htmlEntities: true, // with them go &#64; and its like
  processEntities: { enabled: true, maxTotalExpansions: 1000, maxExpandedLength: 100_000 },
})

/**
 * Reads an icecast.xml (its vocabulary keeps its meaning) into settings, and into warnings about what has no effect.
 * An empty element says nothing, as in Icecast. Throws {@link ConfigError} with the element, its value and what is allowed.
 */
export function parseIcecastXml(xml: string): { settings: Settings; warnings: string[] } {
  const settings: Settings = {}
  const warnings: string[] = []
  const without: string[] = []
  const sockets: Element[] = []
  for (const element of flatten(readRoot(xml).children)) {
    const setting = Object.hasOwn(elements, element.name) ? elements[element.name] : undefined
    if (setting !== undefined) {
      if (element.text !== '') readSetting(settings, setting, say(element.name), element.text)
    } else if (element.name === 'listen-socket') sockets.push(element)
    else if (element.name === 'paths') readPaths(settings, element)
    else if (unused.has(element.name)) without.push(say(element.name))
    else warnings.push(`${say(element.name)} is unknown and has no effect`)
  }
  readSockets(settings, sockets, warnings)
  if (without.length > 0) warnings.push(`without effect here: ${[...new Set(without)].join(', ')}`)
  return { settings, warnings }
}

const say = (path: string) =>
  path
    .split('/')
    .map((name) => `<${name}>`)
    .join('')

/** `limits` and `authentication` dissolve into paths; everything else stays whole. */
const flatten = (children: readonly Element[]): Element[] =>
  children.flatMap((child) =>
    child.name === 'limits' || child.name === 'authentication'
      ? child.children.map((inner) => ({ ...inner, name: `${child.name}/${inner.name}` }))
      : [child],
  )

/** One PEM file holds certificate and key, as in Icecast. */
function readPaths(settings: Settings, paths: Element): void {
  for (const { name, text } of paths.children)
    if (name === 'ssl-certificate' && text !== '') {
      readSetting(settings, 'tlsCert', '<paths><ssl-certificate>', text)
      readSetting(settings, 'tlsKey', '<paths><ssl-certificate>', text)
    }
}

/** The first plain socket and the first with TLS count; more have no effect. */
function readSockets(settings: Settings, sockets: readonly Element[], warnings: string[]): void {
  for (const socket of sockets) {
    const inner = new Map(socket.children.map(({ name, text }) => [name, text]))
    const tls = isTls(inner.get('ssl')) || isTls(inner.get('tls'))
    const port = inner.get('port') || '8000'
    const name = tls ? 'tlsPort' : 'port'
    if (settings[name] !== undefined)
      warnings.push(`<listen-socket> of port ${port} has no effect, one comes before it`)
    else {
      readSetting(settings, name, '<listen-socket><port>', port)
      const bind = inner.get('bind-address')
      if (bind && settings.bind === undefined)
        readSetting(settings, 'bind', '<listen-socket><bind-address>', bind)
    }
    for (const child of inner.keys())
      if (!/^(port|bind-address|ssl|tls)$/.test(child))
        warnings.push(
          `<listen-socket><${child}> ${unused.has(`listen-socket/${child}`) ? 'has no effect here' : 'is unknown and has no effect'}`,
        )
  }
}

/** `<ssl>1</ssl>` of 2.4, `<tls>` of 2.5; rfc2818 is https from the first byte. */
const isTls = (text: string | undefined) => /^(1|yes|true|rfc2818)$/i.test(text ?? '')

function readRoot(xml: string): Element {
  const valid = XMLValidator.validate(xml)
  if (valid !== true) throw new ConfigError(`line ${valid.err.line}: ${valid.err.msg}`)
  let tree: unknown
  try {
    tree = parser.parse(xml)
  } catch (error) {
    throw new ConfigError(error instanceof Error ? error.message : String(error))
  }
  const roots = readElements(v.parse(NodesSchema, tree))
  const [root] = roots
  if (roots.length !== 1 || root?.name !== 'icecast')
    throw new ConfigError(`the root is <${root?.name ?? ''}>, expected one <icecast>`)
  return root
}

/** The parser's own shape: a list of `{ name: children }` and `{ '#text': text }`. */
function readElements(nodes: readonly Record<string, unknown>[]): Element[] {
  return nodes.flatMap((node) =>
    Object.entries(node)
      .filter(([name, inner]) => name !== '#text' && Array.isArray(inner))
      .map(([name, inner]) => {
        const children = v.parse(NodesSchema, inner)
        return { name, text: textOf(children), children: readElements(children) }
      }),
  )
}

const textOf = (children: readonly Record<string, unknown>[]) =>
  children
    .map((child) => child['#text'])
    .filter((text) => typeof text === 'string')
    .join('')
    .trim()

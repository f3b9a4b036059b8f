import { isAbsolute, join } from 'node:path'
import { encodePath, proxies, text } from '../values.ts'
import { at, childrenOf, readBlock, readOfFile, type Told, type Warn } from './block.ts'
import type { XmlElement } from './element.ts'

/** Files and folders of the server (`<paths>`). */
export interface PathSettings {
  /** of static files, intros and file fallbacks */
  readonly webroot: string | undefined
  /** of log files */
  readonly logDir: string | undefined
  /** lists of addresses, one a line */
  readonly denyIp: string | undefined
  readonly allowIp: string | undefined
  readonly pidFile: string | undefined
  readonly aliases: readonly Alias[]
  /** proxies that tell the client, as addresses and blocks */
  readonly trustedProxies: readonly string[]
  /** PEM; certificate and key may be in one file, as in Icecast */
  readonly certFile: string | undefined
  readonly keyFile: string | undefined
}

/** A path that is replaced by another; both as in a request. */
export interface Alias {
  readonly source: string
  readonly destination: string
  /** only for requests on this port and this address; undefined: on all */
  readonly port: number | undefined
  readonly bind: string | undefined
}

/** The elements of `<paths>`, except its aliases. */
export const pathElements = {
  basedir: text,
  logdir: text,
  webroot: text,
  pidfile: text,
  'deny-ip': text,
  'allow-ip': text,
  'ssl-certificate': text,
  'ssl-private-key': text, // icecast-kh's
  'tls-certificate': text, // 2.5's, and the next
  'tls-key': text,
} as const
const unused = ['adminroot', 'ssl-allowed-ciphers', 'tls-allowed-ciphers', 'deny-agents', 'mime-types']

const allProxies = 'all-x-forwarded-for'

export const noPaths: PathSettings = {
  webroot: undefined,
  logDir: undefined,
  denyIp: undefined,
  allowIp: undefined,
  pidFile: undefined,
  aliases: [],
  trustedProxies: [],
  certFile: undefined,
  keyFile: undefined,
}

/** Reads `<paths>`. An alias without two paths is left out, as in Icecast. */
export function readPaths(elements: readonly XmlElement[], warn: Warn): PathSettings {
  const told: Told<typeof pathElements> = {}
  for (const element of elements)
    Object.assign(
      told,
      readBlock(element, pathElements, warn, { blocks: ['alias', 'x-forwarded-for', allProxies], unused }),
    )
  const { basedir } = told
  // a relative path is below basedir: Icecast changes its root directory to it, we do not
  const below = (path: string | undefined) =>
    path === undefined || isAbsolute(path) || basedir === undefined ? path : join(basedir, path)
  const certificate = below(told['ssl-certificate'] ?? told['tls-certificate'])
  return {
    webroot: below(told.webroot),
    logDir: below(told.logdir),
    denyIp: below(told['deny-ip']),
    allowIp: below(told['allow-ip']),
    pidFile: below(told.pidfile),
    aliases: elements.flatMap((element) =>
      childrenOf(element, 'alias').flatMap((alias) => readAlias(alias, warn) ?? []),
    ),
    trustedProxies: elements.flatMap((element) => readProxies(element, warn)),
    certFile: certificate,
    keyFile: below(told['ssl-private-key'] ?? told['tls-key']) ?? certificate,
  }
}

/** icecast-kh's element, as often as there are proxies. AzuraCast writes another one, which would trust everybody. */
function readProxies(paths: XmlElement, warn: Warn): string[] {
  for (const element of childrenOf(paths, allProxies).filter(({ text: word }) => word === '1'))
    warn(
      `${at(element)}<paths><${allProxies}> has no effect here: any client could choose its own address; name the proxies in <x-forwarded-for>`,
    )
  return childrenOf(paths, 'x-forwarded-for')
    .filter((element) => element.text !== '')
    .flatMap(
      (element) => readOfFile(proxies, `${at(element)}<paths><x-forwarded-for>`, element.text, warn) ?? [],
    )
}

function readAlias(element: XmlElement, warn: Warn): Alias | undefined {
  // 2.5 and icecast-kh also call the destination `dest`
  const { source, destination = element.attributes.dest, port, 'bind-address': bind } = element.attributes
  const said = `${at(element)}<paths><alias>`
  if (!source?.startsWith('/') || !destination?.startsWith('/')) {
    warn(
      `${said} goes from ${JSON.stringify(source)} to ${JSON.stringify(destination)}, expected two paths as source and destination; it is left out`,
    )
    return undefined
  }
  if (port !== undefined && !/^\d{1,5}$/.test(port)) {
    warn(`${said} has port ${JSON.stringify(port)}, expected an integer from 0 to 65535; it is left out`)
    return undefined
  }
  const anyPort = port === undefined || port === '0'
  return {
    source: encodePath(source),
    destination: encodePath(destination),
    port: anyPort ? undefined : Number(port),
    bind,
  }
}

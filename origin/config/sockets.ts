import { ConfigError } from './error.ts'
import type { Settings } from './settings.ts'
import type { Warn } from './xml/block.ts'
import type { PathSettings } from './xml/path-settings.ts'
import { defaultPort, type SocketSettings } from './xml/socket-settings.ts'

/** PEM files. */
export interface TlsFiles {
  certFile: string
  keyFile: string
}

/** Leaves out a socket that is given twice: Icecast fails to bind the second one, and continues. */
function distinct(sockets: readonly SocketSettings[], warn: Warn): readonly SocketSettings[] {
  const seen = new Set<string>()
  return sockets.filter(({ port, bind = '::' }) => {
    const key = `${port} ${bind}`
    if (port === 0 || !seen.has(key)) return seen.add(key)
    warn(`<listen-socket><port> ${port} is given twice at ${bind}, expected once; the second is left out`)
    return false
  })
}

/**
 * The file's sockets. If the file sets no certificate, its TLS sockets are left out, since Icecast starts too; unless there
 * are no other sockets.
 */
export function listenable(
  { sockets: inFile, paths }: { sockets: readonly SocketSettings[]; paths: PathSettings },
  warn: Warn,
): readonly SocketSettings[] {
  const sockets = distinct(inFile, warn)
  const plain = sockets.filter(({ secure }) => !secure)
  if (paths.certFile !== undefined || plain.length === 0 || plain.length === sockets.length) return sockets
  for (const { port } of sockets.filter(({ secure }) => secure))
    warn(
      `<listen-socket><port> ${port} is for TLS but there is no certificate, expected <paths><ssl-certificate>; it is left out`,
    )
  return plain
}

/** Flags replace the file's sockets of their kind (plain or TLS); the default is one plain socket. */
export function socketsOf(
  { port, bind, tlsPort }: Settings,
  inFile: readonly SocketSettings[],
  boundPort: number | undefined,
): [SocketSettings, ...SocketSettings[]] {
  const socket = (socketPort: number, secure: boolean): SocketSettings => ({
    port: socketPort,
    bind,
    secure,
    protocol: 'http',
    shoutcastMount: undefined,
  })
  const plainInFile = inFile.filter(({ secure }) => !secure)
  const plain =
    port !== undefined || bind !== undefined || inFile.length === 0
      ? [socket(port ?? plainInFile[0]?.port ?? defaultPort, false)]
      : plainInFile
  const tls = tlsPort === undefined ? inFile.filter(({ secure }) => secure) : [socket(tlsPort, true)]
  const [first = socket(defaultPort, false), ...others] = [...plain, ...tls]
  return [{ ...first, port: boundPort ?? first.port }, ...others]
}

/** The certificate of the TLS sockets; undefined if there are none. Throws {@link ConfigError}. */
export function tlsOf(
  { tlsPort, tlsCert, tlsKey }: Settings,
  sockets: readonly SocketSettings[],
  { certFile, keyFile }: PathSettings,
): TlsFiles | undefined {
  if (!sockets.some(({ secure }) => secure)) return undefined
  const files = { certFile: tlsCert ?? certFile, keyFile: tlsKey ?? keyFile }
  const said = tlsPort === undefined ? 'a <listen-socket> with <ssl>' : '--tls-port'
  const expected = tlsPort === undefined ? '<paths><ssl-certificate>' : '--tls-cert'
  if (files.certFile === undefined) throw new ConfigError(`${said} needs a certificate: set ${expected}`)
  if (files.keyFile === undefined) throw new ConfigError(`${said} needs a private key: set --tls-key`)
  return { certFile: files.certFile, keyFile: files.keyFile }
}

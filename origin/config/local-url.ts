import type { OriginConfig } from './config.ts'

/**
 * Where a program on this machine reaches the server: a socket without TLS if there is one. Undefined if all have TLS or
 * are for Shoutcast: a certificate is for a public name.
 */
export function localUrlOf({ sockets }: Pick<OriginConfig, 'sockets'>): string | undefined {
  const socket = sockets.find(({ secure, protocol }) => !secure && protocol === 'http')
  if (!socket) return undefined
  const { bind = '::', port } = socket
  if (bind === '::' || bind === '0.0.0.0') return `http://127.0.0.1:${port}`
  return `http://${bind.includes(':') ? `[${bind}]` : bind}:${port}`
}

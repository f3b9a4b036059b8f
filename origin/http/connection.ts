import type { Socket } from 'node:net'
import type { SocketSettings } from '../config/xml/socket-settings.ts'
import type { Exchange } from './exchange.ts'
import type { Head } from './head.ts'
import type { HeadLine } from './head-line.ts'

/** A connection whose request head has been read. */
export interface Connection {
  socket: Socket
  /** of the client, through trusted proxies */
  address: string
  /** whether the client asked by https, at this server or at a trusted proxy */
  secure: boolean
  /** the socket of ours on which it came in */
  via: SocketSettings
  head: Head
  /** its record for the access log */
  exchange: Exchange
  /** bytes that came with the head, after it */
  rest: Uint8Array
  /** reads its heads, and holds what arrives during an answer; undefined: the handler has the socket for itself */
  line: HeadLine | undefined
  /** Reads another request; to be called after an answer with keep-alive to a request without a body. */
  readNext: () => void
  /**
   * Begins another request, whose head repeats this one: the connection is as it was for this request. Undefined where the next one may be
   * of another client, since a proxy sends it.
   */
  repeat: (() => void) | undefined
  /** requests answered on it before this one */
  answered: number
  /** whether it may stay open for another request: one connection may send only a few */
  mayStay: boolean
}

/** Leaves the socket to the handler of a request. */
export function takeSocket(connection: Connection): void {
  if (!connection.line) return
  connection.rest = connection.line.release()
  connection.line = undefined
}

import type { Socket } from 'node:net'
import type { SocketSettings } from '../config/xml/socket-settings.ts'
import type { Exchange } from './exchange.ts'
import type { Head } from './head.ts'

/** A connection whose request head has been read. */
export interface Connection {
  socket: Socket
  /** of the other side */
  address: string
  /** the socket of ours that it came by */
  via: SocketSettings
  head: Head
  /** what the access log will tell of it */
  exchange: Exchange
  /** what came behind the head, with it */
  rest: Uint8Array
  /** Takes what comes now for another request; after an answer that said so, to a request without a body. */
  readNext: () => void
  /** whether it may stay for another request: one connection asks a few times at most */
  mayStay: boolean
}

import type { Socket } from 'node:net'
import type { MountAccess } from '../auth/mount-access.ts'
import type { WrongLogins } from '../auth/wrong-logins.ts'
import type { OriginConfig } from '../config/config.ts'
import type { SocketSettings } from '../config/xml/socket-settings.ts'
import type { Files } from '../files/serve.ts'
import type { Slots } from '../lib/slots.ts'
import type { Placer } from '../listen/placement.ts'
import type { OriginState } from '../state.ts'
import type { StatsFeeds } from '../stats/feed.ts'
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

/** What the ways of a request share. */
export interface Serving {
  config: OriginConfig
  state: OriginState
  nowMs: () => number
  placer: Placer
  access: MountAccess
  wrongLogins: WrongLogins
  files: Files
  feeds: StatsFeeds
  /** relays with credentials, apart from listeners */
  relaySlots: Slots
}

import type { WrongLogins } from '../../shared/http/wrong-logins.ts'
import type { MountAuth } from '../auth/mount-auth.ts'
import type { OriginConfig } from '../config/config.ts'
import type { Files } from '../files/serve.ts'
import type { Slots } from '../lib/slots.ts'
import type { OriginState } from '../state.ts'
import type { Placer } from './placement.ts'

/** What serving a listener needs. */
export interface ListenDeps {
  config: OriginConfig
  state: OriginState
  nowMs: () => number
  placer: Placer
  auth: MountAuth
  wrongLogins: WrongLogins
  files: Files
  /** relays with credentials, counted separately from listeners */
  relaySlots: Slots
}

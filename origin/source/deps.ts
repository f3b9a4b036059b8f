import type { WrongLogins } from '../../shared/http/wrong-logins.ts'
import type { MountAuth } from '../auth/mount-auth.ts'
import type { OriginConfig } from '../config/config.ts'
import type { OriginState } from '../state.ts'

/** What accepting a source needs. */
export interface SourceDeps {
  config: OriginConfig
  state: OriginState
  nowMs: () => number
  auth: MountAuth
  wrongLogins: WrongLogins
}

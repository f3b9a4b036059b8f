import type { Whereabouts } from '../geo.ts'
import type { Family } from '../http/address.ts'
import type { Mount } from '../mount.ts'
import type { Server } from './server.ts'

/** The properties of a request that a draw needs. */
export interface DrawRequest {
  mount: Mount
  /** it came by https */
  secure: boolean
  /** of the listener's address, if {@link View.hasLiterals}; undefined: any url will do */
  family?: Family | undefined
  /** a server to leave out of this one draw, by its id */
  except?: string | undefined
  /** where the listener is; undefined if unknown */
  from?: Whereabouts | undefined
  /** a HEAD or a probe, which does not become a join */
  probe?: boolean | undefined
  /** an earlier draw for the same request found no server, and has counted its join */
  again?: boolean | undefined
}

/** A server that was drawn, and the mount there: a `Location` header without the query. */
export interface Drawn {
  server: Server
  url: string
}

import type { Report } from './report.ts'

/** The identity that a login proves: the relays' common account, the master's, or one server by its id, in one role. */
export type ReporterIdentity =
  | { kind: 'relay' }
  | { kind: 'master' }
  | { kind: 'server'; id: string; role: Report['role'] }

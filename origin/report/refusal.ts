import { reportLimits } from './limits.ts'

/** An answer to a report other than 200. */
export interface ReportRefusal {
  status: number
  /** value of its `Server` header */
  server: string | null
  /** ms since this decider last accepted a report; Infinity if it never did */
  sinceTakenMs: number
}

/** Wrong credentials, id in use by another server, too slow, too many: answers of servers that know reports. */
const saidByDeciders: readonly number[] = [401, 408, 409, 429]

/**
 * Whether a refusal means that the server does not support reports (S12). Icecast never does, and 2.5.0 answers 401
 * even if the credentials are right. A server that accepted a report a moment ago does, whatever a proxy in front of it
 * answers now.
 */
export function isUnknownHere({ status, server, sinceTakenMs }: ReportRefusal): boolean {
  if (status < 400 || status > 499) return false
  if (/^Icecast /i.test(server ?? '')) return true
  return !saidByDeciders.includes(status) && sinceTakenMs >= reportLimits.unknownPauseMs
}

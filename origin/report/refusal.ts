import { reportLimits } from './limits.ts'

/** An answer to a report other than 200. */
export interface Refusal {
  status: number
  /** its `Server` header */
  server: string | null
  /** ms since this decider took a report; Infinity where it never did */
  sinceTakenMs: number
}

/** Wrong credentials, another server of this id, too slow, too many: said by those who know what a report is. */
const saidByDeciders: readonly number[] = [401, 408, 409, 429]

/**
 * Whether a refusal means that the server knows nothing of reports (S12). An Icecast never does, and 2.5.0 answers 401
 * however right the credentials are. Who took a report a moment ago does, whatever a proxy before it says now.
 */
export function isUnknownHere({ status, server, sinceTakenMs }: Refusal): boolean {
  if (status < 400 || status > 499) return false
  if (/^Icecast /i.test(server ?? '')) return true
  return !saidByDeciders.includes(status) && sinceTakenMs >= reportLimits.unknownPauseMs
}

import type { GeoLocation } from '../../geo.ts'
import type { Account } from './quota.ts'

/** What is known about a report in addition to its text. */
export interface ReportContext {
  /** an icecast-kh slave: carries every mount that a live master carries */
  carriesAll?: boolean
  /** the report was made from the server's stats */
  polled?: boolean
  /** of the address that it reports from; a `location` in the report has priority */
  location?: GeoLocation | undefined
  /** of the credentials that it came with; undefined if the decider made it */
  account?: Account | undefined
  /** the address that it came from, if known and not loopback */
  remote?: string | undefined
  /** the program that sent it */
  sender?: ReportSender | undefined
}

/** What the headers of a report's request say of its sender. Plain data. */
export interface ReportSender {
  /** `distributary 0.1.0` */
  program?: string | undefined
  /** s by which its clock is ahead of this program's */
  clockOffsetSeconds?: number | undefined
}

/** Why a well-formed report is rejected: its order or its id (409), its size (413), or too many of them (429). */
export interface Rejection {
  status: 409 | 413 | 429
  text: string
}

/** Fill of the servers at one moment; `low` and `high` leave out a tenth of them each. */
export interface Sample {
  atS: number
  mean: number
  least: number
  low: number
  high: number
  most: number
  /** the largest share of the draw that server 0 can have, whatever it reports: its slots beside the others' room */
  lyingShare: number
}

/** What became of a crowd: counts from its first listener on, background listeners included. */
export interface Outcome {
  joins: number
  /** no server took them, whoever's fault it was */
  rejected: number
  /** of them: no server was known to have room, so no redirect was made */
  unplaced: number
  /** of them: sent to server 0 after its fault began */
  lostToFault: number
  /** sent to server 0 after its fault began, taken or not */
  sentToFault: number
  /** redirects after the first of a listener */
  sentBack: number
  /** redirects to a server that by its last report was stale, not up, full, or left out */
  forbidden: number
  /** server-seconds without room, as a share of all */
  fullShare: number
  /** of the fill of the servers at the end, weighed by size */
  endSd: number
  /** of the room that there really was when the fault began: that of server 0 */
  faultShare: number
  /** from listeners to the servers that took them, together, if locations are known */
  km: number
  samples: Sample[]
}

/** Rejected of all that came, in per cent. */
export const rejectedPercent = ({ joins, rejected }: Outcome): number => (100 * rejected) / Math.max(1, joins)

export const emptyOutcome = (): Outcome => ({
  joins: 0,
  rejected: 0,
  unplaced: 0,
  lostToFault: 0,
  sentToFault: 0,
  sentBack: 0,
  forbidden: 0,
  fullShare: 0,
  endSd: 0,
  faultShare: 0,
  km: 0,
  samples: [],
})

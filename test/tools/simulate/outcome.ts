/** Fill of the servers at one moment; `low` and `high` are the 10th and 90th percentiles. */
export interface FillSample {
  atS: number
  mean: number
  least: number
  low: number
  high: number
  most: number
  /** the largest share of the draw that server 0 can have, whatever it reports: its slots relative to the others' room */
  lyingShare: number
}

/** The outcome of a crowd: counts from its first listener on, including background listeners. */
export interface CrowdOutcome {
  joins: number
  /** listeners that no server accepted, for any reason */
  rejected: number
  /** of these: no server was known to have room, so there was no redirect */
  unplaced: number
  /** of these: sent to server 0 after its fault began */
  lostToFault: number
  /** sent to server 0 after its fault began, accepted or not */
  sentToFault: number
  /** redirects of a listener after its first */
  sentBack: number
  /** redirects to a server that was stale, not up, full by its last report, or left out */
  forbidden: number
  /** server-seconds without room, as a share of all */
  fullShare: number
  /** standard deviation of the servers' fill at the end, weighted by size */
  endSd: number
  /** server 0's fraction of the real room when the fault began */
  faultShare: number
  /** sum of the distances from listeners to the servers that accepted them, together, if locations are known */
  km: number
  /** the same to the nearest server of each, whether it has room or not */
  kmNearest: number
  /** how many were accepted by the nearest server, or one of several as near */
  atNearest: number
  /** the largest difference in fill, in the mean over the time measured, between servers of one city */
  citySpread: number
  samples: FillSample[]
}

/** Rejected joins, in per cent of all joins. */
export const rejectedPercent = ({ joins, rejected }: CrowdOutcome): number =>
  (100 * rejected) / Math.max(1, joins)

export const emptyOutcome = (): CrowdOutcome => ({
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
  kmNearest: 0,
  atNearest: 0,
  citySpread: 0,
  samples: [],
})

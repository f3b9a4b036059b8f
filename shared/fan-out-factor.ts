import type { Report } from './report.ts'

/**
 * How many joins a server sees for each redirect that this decider makes: about the number of deciders that send it
 * listeners. Learned from `joins`, with no decider knowing another (anchors E.3, 3).
 */
export interface FactorMemory {
  boot: string | undefined
  /** the server's `joins` at its last report */
  joins: number | undefined
  /** of earlier reports of this boot, each counting 0.9 of the one after it */
  joinsSum: number
  debitsSum: number
  /** of this boot, this one included */
  reports: number
}

export const noFactorMemory: FactorMemory = {
  boot: undefined,
  joins: undefined,
  joinsSum: 0,
  debitsSum: 0,
  reports: 0,
}

const decay = 0.9
/** reports before the factor is believed; until then it is 1 */
const reportsMin = 3
/** 10⁴ deciders: more than there are edge locations of any network */
const factorMax = 10_000

/** The memory after a report that came when `debit` redirects had been made since the one before; anew with a new boot. */
export function learnFactor(memory: FactorMemory, { boot, joins }: Report, debit: number): FactorMemory {
  if (joins === undefined || boot !== memory.boot || memory.joins === undefined || joins < memory.joins)
    return { ...noFactorMemory, boot, joins, reports: 1 }
  return {
    boot,
    joins,
    joinsSum: memory.joinsSum * decay + (joins - memory.joins),
    debitsSum: memory.debitsSum * decay + debit,
    reports: memory.reports + 1,
  }
}

/** The factor that scales the debit, from 1 to 10⁴. */
export function factorOf({ joinsSum, debitsSum, reports }: FactorMemory): number {
  if (reports < reportsMin || debitsSum <= 0) return 1
  return Math.min(factorMax, Math.max(1, joinsSum / debitsSum))
}

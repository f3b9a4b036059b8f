import type { Report } from '../report/report.ts'

/**
 * How many joins a server sees for each redirect that this decider makes: about the number of deciders that send it
 * listeners. Learned from `joins`, with no decider knowing another (docs/draw.md#the-debit).
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

/** redirects that the factor of all servers together counts for in the factor of one */
const commonDebits = 10

/**
 * What all servers of one decider have taught it together. Where many deciders share a crowd, each sends a server too
 * few listeners in an interval to tell by: no redirect at all and one redirect would make a factor of 1 and one far too
 * large, and the listeners of every decider would gather on the servers that it happened to send none.
 */
export class CommonFactor {
  #joinsSum = 0
  #debitsSum = 0

  /** Takes in what a server has taught now, in place of what it had before. */
  replace(before: FactorMemory, now: FactorMemory): void {
    this.#joinsSum += now.joinsSum - before.joinsSum
    this.#debitsSum += now.debitsSum - before.debitsSum
  }

  /** Joins for each redirect over all servers; 1 while hardly anything was redirected. */
  get value(): number {
    return this.#debitsSum < 0.5 ? 1 : clamp(this.#joinsSum / this.#debitsSum)
  }
}

/** The factor that scales a server's debit, from 1 to 10⁴: its own, steadied by the common one while redirects to it are few. */
export function factorOf({ joinsSum, debitsSum, reports }: FactorMemory, common: number): number {
  if (reports < reportsMin) return 1
  if (debitsSum <= 0) return common
  return clamp((joinsSum + commonDebits * common) / (debitsSum + commonDebits))
}

const clamp = (factor: number) => Math.min(factorMax, Math.max(1, factor))

/** The factors of all servers of one decider. */
export class Factors {
  #memories = new Map<string, FactorMemory>()
  #common = new CommonFactor()

  /** Takes in a report that came when `debit` redirects had been made since the one before; gives the server's factor. */
  learn(report: Report, debit: number): number {
    const before = this.#memories.get(report.id) ?? noFactorMemory
    const now = learnFactor(before, report, debit)
    this.#common.replace(before, now)
    this.#memories.set(report.id, now)
    return factorOf(now, this.#common.value)
  }

  forget(id: string): void {
    this.#common.replace(this.#memories.get(id) ?? noFactorMemory, noFactorMemory)
    this.#memories.delete(id)
  }
}

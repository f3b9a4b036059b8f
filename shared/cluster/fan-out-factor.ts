import type { Report } from '../report/report.ts'

/**
 * What is remembered to learn the factor of a server: the joins that it sees for each redirect by this decider, which is
 * about the number of deciders that send it listeners. It is learned from `joins`, so deciders need not know each other
 * (docs/draw.md#the-debit).
 */
export interface FactorMemory {
  boot: string | undefined
  /** the server's `joins` at its last report */
  joins: number | undefined
  /** sums over the reports of this boot, each weighted 0.9 times the next one */
  joinsSum: number
  debitsSum: number
  /** reports of this boot, including the last */
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
/** reports before the factor is used; until then it is 1 */
const reportsMin = 3
/** 10⁴ deciders: more than there are edge locations of any network */
const factorMax = 10_000

/** The memory after a report, with `debit` redirects since the report before; it starts again with a new boot. */
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

/** the weight, in redirects, of the common factor in the factor of one server */
const commonDebits = 10

/**
 * The factor learned from all servers of one decider together. If many deciders share a crowd, each sends a server too few
 * listeners in an interval to learn from: none would give a factor of 1, and one a factor far too large, and the listeners of
 * every decider would gather on the servers to which it happened to send none.
 */
export class CommonFactor {
  #joinsSum = 0
  #debitsSum = 0

  /** Replaces the memory of one server. */
  replace(before: FactorMemory, now: FactorMemory): void {
    this.#joinsSum += now.joinsSum - before.joinsSum
    this.#debitsSum += now.debitsSum - before.debitsSum
  }

  /** Joins for each redirect over all servers; 1 while there are hardly any redirects. */
  get value(): number {
    return this.#debitsSum < 0.5 ? 1 : clamp(this.#joinsSum / this.#debitsSum)
  }
}

/** The factor that scales a server's debit, from 1 to 10⁴: its own, blended with the common one while redirects to it are few. */
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

  /** Learns from a report, with `debit` redirects since the report before, and returns the server's factor. */
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

import { Cluster } from './cluster.ts'
import { beginnings } from './faults/all.ts'
import type { Fault } from './faults/fault.ts'
import type { WorldPlan } from './plan.ts'
import type { Bites } from './rig/bites.ts'
import { takeOver } from './rig/globals.ts'
import { checkCalm } from './truth/calm.ts'
import { type Violation, World } from './world.ts'

/** How a plan went. */
export interface Played {
  /** of everything that happened: equal for equal plans */
  hash: string
  violations: readonly Violation[]
  story: readonly { atMs: number; what: string }[]
  trace: World['trace']['lines']
  bites: Bites
  steps: number
  simulatedMs: number
  outcomes: Cluster['crowd']['outcomes']
}

/** Changes a cluster before it starts, to see that a check finds it. */
export type Mutation = (cluster: Cluster) => void

/** ms after the last fault in which streams, relays and reports come back, in addition to twice the longest interval */
const comeBackMs = 45_000
/** … after which players of HLS stay where they are */
const settleMs = 25_000
/** ms after which an operator looks whether everything is as it should be: at once, and when no message is late any more */
const insistMs = [1, 20_000]

/** Plays a plan to its end, or to the first rule that does not hold. */
export async function play(plan: WorldPlan, mutate: Mutation = () => {}): Promise<Played> {
  const world = new World(plan.seed)
  const giveBack = takeOver(world.rolls('globals'))
  try {
    const cluster = new Cluster(world, plan.setting)
    mutate(cluster)
    const fate = new Fate(cluster, plan)
    await fate.run()
    const { hash, lines } = world.trace
    const { bites, violations, scheduler } = world
    return {
      hash,
      violations,
      story: fate.story,
      trace: lines,
      bites,
      steps: scheduler.steps,
      simulatedMs: world.nowMs,
      outcomes: cluster.crowd.outcomes,
    }
  } finally {
    world.close()
    giveBack()
  }
}

/** Has the faults of a plan happen, and then heals everything. */
class Fate {
  readonly story: { atMs: number; what: string }[] = []
  readonly #cluster: Cluster
  readonly #plan: WorldPlan
  readonly #ends = new Set<() => void>()

  constructor(cluster: Cluster, plan: WorldPlan) {
    this.#cluster = cluster
    this.#plan = plan
  }

  async run(): Promise<void> {
    const { world } = this.#cluster
    const { faults, healMs, setting } = this.#plan
    for (const fault of faults) world.after(fault.atMs, () => this.#begin(fault))
    await this.#runUntil(healMs)
    if (world.violations.length > 0) return
    this.#heal()
    await this.#runUntil(healMs + 2000 * setting.longestIntervalS + comeBackMs)
    if (world.violations.length === 0) await checkCalm(this.#cluster)
  }

  /** Up to a moment, or to the first rule that does not hold. */
  async #runUntil(untilMs: number): Promise<void> {
    const { world } = this.#cluster
    await world.scheduler.run(untilMs, () => world.violations.length > 0)
  }

  #begin(fault: Fault): void {
    const { world } = this.#cluster
    const begun = beginnings[fault.kind]?.(this.#cluster, fault)
    if (!begun) return
    world.bites.note(`fault: ${fault.kind}`)
    this.#tell(begun.story)
    const { end } = begun
    if (!end) return
    const once = () => {
      if (!this.#ends.delete(once)) return
      end()
      this.#tell(`over: ${begun.story}`)
    }
    this.#ends.add(once)
    world.after(fault.forMs, once)
  }

  #heal(): void {
    for (const end of [...this.#ends]) end()
    const { sites, encoders, crowd, players, world, operator } = this.#cluster
    for (const site of sites.values()) world.after(1, () => site.up())
    for (const encoder of encoders) encoder.isOn = true
    crowd.isLoyal = false
    world.after(settleMs, () => players.settle())
    for (const ms of insistMs) world.after(ms, () => operator.insist())
    this.#tell('everything is healed')
  }

  #tell(what: string): void {
    const { world } = this.#cluster
    world.note('fate', what)
    this.story.push({ atMs: world.nowMs, what })
  }
}

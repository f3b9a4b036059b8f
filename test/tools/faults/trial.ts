import { messageOf } from '../../../shared/message-of.ts'
import { seededRoll } from '../../kit/parts/reports.ts'
import { Cluster, type ClusterPlan } from './cluster.ts'
import type { Dice, Fault } from './fault.ts'
import { Memory } from './memory.ts'
import { allFaults, descriptorsLeft, isWhole } from './truth.ts'

export interface TrialOptions {
  plan: ClusterPlan
  /** at least one round is played */
  ms: number
  print: (text: string) => void
  stopping?: AbortSignal
}

export interface Outcome {
  rounds: number
  frames: number
  /** ms of the slowest return to a whole cluster */
  healedMs: number
  /** MiB after each round, of programs that ran through enough of them */
  memory: string[]
  /** what must not be */
  faults: string[]
}

export function diceOf(seed: number): Dice {
  const roll = seededRoll(seed)
  return {
    between: (min, max) => min + roll() * (max - min),
    oneOf: <T>(all: readonly T[]): T => {
      const one = all[Math.floor(roll() * all.length)]
      if (one === undefined) throw new Error('nothing to choose from')
      return one
    },
  }
}

/** Plays a fault to a cluster, round after round, and checks after each what must hold. */
export async function tryFault(fault: Fault, { plan, ms, print, stopping }: TrialOptions): Promise<Outcome> {
  const cluster = await Cluster.make({ ...plan, ...fault.plan }, fault.places?.())
  const dice = diceOf(plan.seed)
  const outcome: Outcome = { rounds: 0, frames: 0, healedMs: 0, memory: [], faults: [] }
  const memory = new Memory()
  try {
    fault.prepare?.(cluster)
    await cluster.start()
    cluster.gather()
    await isWhole(cluster)
    const endMs = performance.now() + ms
    do {
      outcome.rounds++
      await fault.round(cluster, dice, print)
      const beganMs = performance.now()
      await isWhole(cluster)
      outcome.healedMs = Math.max(outcome.healedMs, performance.now() - beganMs)
      await cluster.audience?.upToNow()
      memory.note(cluster)
      outcome.faults = [...allFaults(cluster), ...memory.faults()]
    } while (
      outcome.faults.length === 0 &&
      (performance.now() < endMs || outcome.rounds < (fault.roundsMin ?? 1)) &&
      !stopping?.aborted
    )
    outcome.memory = memory.told()
    outcome.faults.push(...(await endTrial(cluster)))
  } catch (problem) {
    outcome.faults = allFaults(cluster)
    outcome.faults.push(`round ${outcome.rounds}: ${messageOf(problem)}`)
  } finally {
    outcome.frames = cluster.audience?.frames ?? 0
    await cluster.stop()
  }
  return outcome
}

/** The listeners leave, then the programs; each has to let go of what it held, and to exit with 0. */
export async function endTrial(cluster: Cluster): Promise<string[]> {
  await cluster.audience?.stop()
  const held = await descriptorsLeft(cluster)
  for (const source of cluster.sources) source.close()
  await Promise.all(cluster.members.map((member) => member.leave()))
  return [...held, ...cluster.members.flatMap(({ faults }) => faults)]
}

import { rolls, waitFor } from '../simulate/random.ts'
import { beginnings } from './faults/all.ts'
import { type Fault, oneOf } from './faults/fault.ts'
import { drawSetting, type Setting } from './setting.ts'

/** One life of a world: its parts, and its faults. Plain data. */
export interface WorldPlan {
  seed: number
  setting: Setting
  /** all faults are over by then */
  healMs: number
  faults: readonly Fault[]
}

/** ms in which a cluster comes up before its first fault */
const startMs = 20_000
/** faults a second, and s that one lasts, in the mean */
const faultsPerSecond = 1 / 6
const lastsS = 15

/** The plan of a seed, with so many minutes of faults. */
export function drawPlan(seed: number, minutes: number): WorldPlan {
  const roll = rolls(seed, 11)
  const setting = drawSetting(rolls(seed, 12))
  const healMs = startMs + minutes * 60_000
  const kinds = Object.keys(beginnings)
  const faults: Fault[] = []
  for (let atMs = startMs; atMs < healMs; atMs += 1000 * waitFor(faultsPerSecond, roll)) {
    const forMs = Math.round(1000 * waitFor(1 / lastsS, roll))
    const kind = oneOf(kinds, roll()) ?? ''
    faults.push({ atMs: Math.round(atMs), forMs, kind, who: roll(), other: roll(), size: roll() })
  }
  return { seed, setting, healMs, faults }
}

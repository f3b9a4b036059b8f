import type { Fault } from './fault.ts'
import { clockJumps } from './kinds/clocks.ts'
import { cloned } from './kinds/clones.ts'
import { fewDescriptors } from './kinds/descriptors.ts'
import { drainKill } from './kinds/drains.ts'
import { hlsDrain, hlsKill, hlsStop } from './kinds/hls.ts'
import { killEdge, killMany, killMaster, killSlave } from './kinds/kills.ts'
import { lineCuts, lineDelay, lineLoss, lineResets } from './kinds/links.ts'
import { fullLogDisk } from './kinds/logs.ts'
import { memory } from './kinds/memory.ts'
import { lostNames } from './kinds/names.ts'
import { networkCuts, packetDelay, packetLoss } from './kinds/networks.ts'
import { closedPipe, fullPipe } from './kinds/outputs.ts'
import { rollingRestart } from './kinds/rolling.ts'
import { sourceFlaps } from './kinds/sources.ts'
import { polledFaults } from './kinds/stock.ts'
import { starved, stopEdge, stopMaster, stopSlave } from './kinds/stops.ts'
import { damagedStore, fullDisk, lockedStore, lostStore, readOnlyStore } from './kinds/stores.ts'

/** Every kind of fault, in the order of the list. */
export const faults: readonly Fault[] = [
  killEdge,
  killMaster,
  killSlave,
  killMany,
  drainKill,
  stopEdge,
  stopMaster,
  stopSlave,
  starved,
  fullDisk,
  readOnlyStore,
  damagedStore,
  lockedStore,
  lostStore,
  fullLogDisk,
  fullPipe,
  closedPipe,
  fewDescriptors,
  clockJumps,
  cloned,
  sourceFlaps,
  lostNames,
  networkCuts,
  packetLoss,
  packetDelay,
  lineLoss,
  lineDelay,
  lineCuts,
  lineResets,
  hlsKill,
  hlsDrain,
  hlsStop,
  ...polledFaults,
  memory,
  rollingRestart,
]

export function faultNamed(name: string): Fault {
  const found = faults.find((fault) => fault.name === name)
  if (!found)
    throw new Error(`the fault is "${name}", expected ${faults.map((each) => each.name).join(', ')} or all`)
  return found
}

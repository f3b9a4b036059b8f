import type { Fault } from './fault.ts'
import { killEdge, killMaster, killSlave } from './kinds/kills.ts'
import { stopEdge, stopMaster, stopSlave } from './kinds/stops.ts'

/** Every kind of fault, in the order of the list. */
export const faults: readonly Fault[] = [killEdge, killMaster, killSlave, stopEdge, stopMaster, stopSlave]

export function faultNamed(name: string): Fault {
  const found = faults.find((fault) => fault.name === name)
  if (!found)
    throw new Error(`the fault is "${name}", expected ${faults.map((each) => each.name).join(', ')} or all`)
  return found
}

import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

/** ms that the clone runs: a report or two, and many */
const clonedMs = [3000, 20_000] as const

export const cloned: Fault = {
  name: 'cloned',
  about:
    'a slave is there twice, as a copied virtual machine: both report with one id and one url; the copy ends',
  async round(cluster, dice, print) {
    const slave = dice.oneOf(cluster.slaves)
    const forMs = dice.between(...clonedMs)
    print(`${slave.name} has a clone for ${(forMs / 1000).toFixed(1)} s`)
    const clone = await cluster.cloneOf(slave)
    cluster.former.push(clone)
    await clone.start()
    await wait(forMs)
    await clone.stop()
  },
}

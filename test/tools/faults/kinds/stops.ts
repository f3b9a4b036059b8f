import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster } from '../cluster.ts'
import type { Dice, Fault } from '../fault.ts'
import type { Member } from '../member.ts'

/** ms of SIGSTOP: within the deadline of 7 s, and past it, the silence after which players leave, and source-timeout */
const shortMs = [500, 4000] as const
const longMs = [10_000, 20_000] as const

const stopping = (name: string, about: string, whom: (cluster: Cluster, dice: Dice) => Member): Fault => ({
  name,
  about,
  async round(cluster, dice, print) {
    const member = whom(cluster, dice)
    // an origin that stands still falls off the queue in front of it
    const heal =
      member === cluster.edge ? () => {} : cluster.allowGaps(member === cluster.master ? undefined : [member])
    const forMs = dice.between(...dice.oneOf<readonly [number, number]>([shortMs, longMs]))
    print(`SIGSTOP ${member.name} for ${(forMs / 1000).toFixed(1)} s`)
    member.pause()
    await wait(forMs)
    member.goOn()
    await wait(2000)
    await cluster.audience?.allHear()
    heal()
  },
})

export const stopEdge = stopping('stop-edge', 'SIGSTOP and SIGCONT of the edge', ({ edge }) => edge)
export const stopMaster = stopping('stop-master', 'SIGSTOP and SIGCONT of the master', ({ master }) => master)
export const stopSlave = stopping('stop-slave', 'SIGSTOP and SIGCONT of a slave', ({ slaves }, dice) =>
  dice.oneOf(slaves),
)

/** ms of a slice, and for how long slices are taken from a program */
const sliceMs = 250
const starvedMs = 20_000

export const starved: Fault = {
  name: 'starved',
  about:
    'a program gets a processor for a part of each quarter of a second alone, as beside a greedy neighbour',
  async round(cluster, dice, print) {
    const member = dice.oneOf(cluster.members)
    const stoppedMs = Math.round(sliceMs * dice.between(0.3, 0.8))
    print(`${member.name} stands still for ${stoppedMs} ms of every ${sliceMs}, ${starvedMs / 1000} s long`)
    const untilMs = performance.now() + starvedMs
    while (performance.now() < untilMs) {
      member.program.kill('SIGSTOP')
      await wait(stoppedMs)
      member.program.kill('SIGCONT')
      await wait(sliceMs - stoppedMs)
    }
  },
}

import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

/** ms without a source: less than a player notices, and longer than the slaves wait */
const shortMs = [0, 1500] as const
const longMs = [3000, 15_000] as const
/** ms that it plays in between */
const playsMs = [300, 5000] as const

export const sourceFlaps: Fault = {
  name: 'source-flaps',
  about: 'the connection of the encoder ends, and it comes back, several times',
  async round(cluster, dice, print) {
    const times = Math.round(dice.between(2, 6))
    // what is played in between may be too short for a listener to hear, so two holes can be one
    const heal = cluster.allowGaps(undefined, { gapsMax: times })
    for (let i = 0; i < times; i++) {
      const forMs = dice.between(...dice.oneOf<readonly [number, number]>([shortMs, longMs]))
      print(`the source is away for ${(forMs / 1000).toFixed(1)} s`)
      cluster.sources.at(-1)?.close()
      await wait(forMs)
      cluster.play(cluster.master, cluster.sent)
      await wait(dice.between(...playsMs))
    }
    await cluster.audience?.allHear()
    heal()
  },
}

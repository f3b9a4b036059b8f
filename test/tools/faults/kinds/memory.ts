import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../fault.ts'

/** Everybody who can be made to come back does, again and again; the edge and the master run all the time. */
export const memory: Fault = {
  name: 'memory',
  about:
    'twelve rounds at least, in each a slave is killed, another stands, and all listeners come back: memory levels',
  roundsMin: 12,
  async round(cluster, dice, print) {
    const killed = dice.oneOf(cluster.slaves)
    const stopped = dice.oneOf(cluster.slaves.filter((slave) => slave !== killed))
    print(`kill -9 ${killed.name}, SIGSTOP ${stopped.name}, and all listeners come back twice`)
    const heal = cluster.allowGaps([stopped])
    stopped.pause()
    await killed.kill()
    cluster.audience?.comeBack()
    await wait(dice.between(1000, 3000))
    stopped.goOn()
    await killed.start()
    cluster.audience?.comeBack()
    await cluster.audience?.allHear()
    heal()
  },
}

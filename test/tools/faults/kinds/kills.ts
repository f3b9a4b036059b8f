import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster } from '../cluster.ts'
import type { Dice, Fault } from '../fault.ts'
import type { Member } from '../member.ts'

/** ms that a killed program is away: less and more than the deadline of its reports */
const awayMs = [0, 9000] as const

/** ms after which the reports of before the kill still count, though the start takes a while */
const stillLiveMs = 2000

/** Kills a program at a random moment, and starts it again. */
async function killOnce(member: Member, dice: Dice, print: (text: string) => void): Promise<number> {
  await wait(dice.between(0, 3000))
  const forMs = dice.between(...awayMs)
  print(`kill -9 ${member.name}, back after ${(forMs / 1000).toFixed(1)} s`)
  await member.kill()
  await wait(forMs)
  await member.start()
  return forMs
}

/** The edge knows its servers from its store: the first request of all is redirected. */
async function redirectsAtOnce(cluster: Cluster): Promise<void> {
  const { status } = await fetch(`${cluster.edge.url}/live.mp3`, { method: 'HEAD', redirect: 'manual' })
  if (status !== 302) cluster.faults.push(`the edge answered ${status} to its first listener after kill -9`)
}

const killing = (name: string, about: string, whom: (cluster: Cluster, dice: Dice) => Member): Fault => ({
  name,
  about,
  async round(cluster, dice, print) {
    const member = whom(cluster, dice)
    // a slave that has lost its master goes on, once, with the frames that come after those that were lost
    const heal = member === cluster.master ? cluster.allowGaps(undefined, { gapsMax: 1 }) : () => {}
    const forMs = await killOnce(member, dice, print)
    if (member === cluster.edge && forMs < stillLiveMs) await redirectsAtOnce(cluster)
    await cluster.audience?.allHear()
    heal()
  },
})

export const killEdge = killing('kill-edge', 'kill -9 of the edge at random moments', ({ edge }) => edge)
export const killMaster = killing(
  'kill-master',
  'kill -9 of the master: slaves keep their listeners while it is away, or release them',
  ({ master }) => master,
)
export const killSlave = killing('kill-slave', 'kill -9 of a slave at random moments', ({ slaves }, dice) =>
  dice.oneOf(slaves),
)

export const killMany: Fault = {
  name: 'kill-many',
  about: 'kill -9 of several programs at once, up to all of them; each is back after a time of its own',
  async round(cluster, dice, print) {
    const chosen = cluster.members.filter(() => dice.oneOf([true, true, false]))
    print(`kill -9 ${chosen.map(({ name }) => name).join(', ')}`)
    const heal = cluster.allowGaps(undefined, { gapsMax: 1 })
    await Promise.all(chosen.map((member) => member.kill()))
    // where all servers are silent, listeners are sent to them by their last reports: those who come back find them
    for (const member of chosen) member.isBack()
    await Promise.all(
      chosen.map(async (member) => {
        await wait(dice.between(...awayMs))
        await member.start()
      }),
    )
    await cluster.audience?.allHear()
    heal()
  },
}

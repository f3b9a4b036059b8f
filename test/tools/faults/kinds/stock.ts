import { setTimeout as wait } from 'node:timers/promises'
import { hasStock, type StockName } from '../../../kit/peers/stock.ts'
import type { Cluster } from '../cluster.ts'
import type { Dice, Fault } from '../fault.ts'
import type { Member } from '../member.ts'

/** ms that it is away or stands: less and more than the deadline of its stats */
const awayMs = [0, 9000] as const
const stoppedMs = [500, 20_000] as const

const losing = (
  name: string,
  stock: StockName,
  about: string,
  lose: (stock: Member, cluster: Cluster, dice: Dice, print: (text: string) => void) => Promise<void>,
): Fault => ({
  name,
  about: `${about} of a polled ${stock}`,
  plan: { stock, slaves: 2 },
  cannot: () => (hasStock(stock) ? undefined : `there is no ${stock} (ICECAST_2_5 names its program)`),
  async round(cluster, dice, print) {
    if (!cluster.stock) throw new Error('there is no stock Icecast')
    await wait(dice.between(0, 3000))
    await lose(cluster.stock, cluster, dice, print)
    await cluster.audience?.allHear()
  },
})

const kill: Parameters<typeof losing>[3] = async (stock, _, dice, print) => {
  const forMs = dice.between(...awayMs)
  print(`kill -9 ${stock.plan.command[0]}, back after ${(forMs / 1000).toFixed(1)} s`)
  await stock.kill()
  await wait(forMs)
  await stock.start()
}

const stop: Parameters<typeof losing>[3] = async (stock, cluster, dice, print) => {
  const forMs = dice.between(...stoppedMs)
  print(`SIGSTOP ${stock.plan.command[0]} for ${(forMs / 1000).toFixed(1)} s`)
  // its master drops it, and what it gets when it is back overlaps or leaves a hole
  const heal = cluster.allowGaps([stock])
  stock.pause()
  await wait(forMs)
  stock.goOn()
  await wait(2000)
  await cluster.audience?.allHear()
  heal()
}

export const polledFaults: readonly Fault[] = [
  losing('kill-icecast-2.4', 'Icecast 2.4.4', 'kill -9', kill),
  losing('stop-icecast-2.4', 'Icecast 2.4.4', 'SIGSTOP and SIGCONT', stop),
  losing('kill-icecast-2.5', 'Icecast 2.5.0', 'kill -9', kill),
  losing('stop-icecast-2.5', 'Icecast 2.5.0', 'SIGSTOP and SIGCONT', stop),
]

import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../../../kit/base/eventually.ts'
import type { Cluster } from '../cluster.ts'
import type { Dice, Fault } from '../fault.ts'
import type { Member } from '../member.ts'
import { order } from './drains.ts'

/** as many by HLS as on the plain mount */
const plan = { listeners: 200, hls: 120 }
/** ms of a fault: sessions have to be elsewhere long before their buffer is used up */
const gone = [5000, 15_000] as const

const isLeft = (cluster: Cluster, { name, address }: Member) =>
  eventually(
    () => {
      const there = cluster.audience?.sessions[address] ?? 0
      if (there > 0) throw new Error(`${there} sessions are still at ${name}`)
      return true
    },
    { everyMs: 200 },
  )

/** No session loses a segment or is silent, since each finds the same segments elsewhere. */
const losing = (
  name: string,
  about: string,
  lose: (slave: Member, cluster: Cluster, dice: Dice, print: (text: string) => void) => Promise<void>,
): Fault => ({
  name,
  about,
  plan,
  async round(cluster, dice, print) {
    const { audience } = cluster
    const slave = dice.oneOf(cluster.slaves)
    await eventually(() => (audience?.sessions[slave.address] ?? 0) > 0)
    await wait(dice.between(0, 4000))
    print(`${slave.name} has ${audience?.sessions[slave.address]} sessions`)
    await lose(slave, cluster, dice, print)
    await audience?.allHear()
  },
})

export const hlsKill = losing(
  'hls-kill',
  'kill -9 of a slave with sessions of HLS: no segment is missing, nobody is silent',
  async (slave, cluster, dice, print) => {
    print('kill -9')
    await slave.kill()
    await isLeft(cluster, slave)
    await wait(dice.between(...gone))
    await slave.start()
  },
)

export const hlsStop = losing(
  'hls-stop',
  'SIGSTOP of a slave with sessions of HLS: the same',
  async (slave, cluster, dice, print) => {
    // those of the plain mount miss what falls off the queue in front of it
    const heal = cluster.allowGaps([slave])
    const forMs = dice.between(2000, 20_000)
    print(`SIGSTOP for ${(forMs / 1000).toFixed(1)} s`)
    slave.pause()
    await wait(forMs)
    slave.goOn()
    await wait(2000)
    await cluster.audience?.allHear()
    heal()
  },
)

export const hlsDrain = losing(
  'hls-drain',
  'a slave with sessions of HLS is drained: all move, no segment is missing, nobody is silent',
  async (slave, cluster, dice, print) => {
    print('drained')
    await order(cluster, slave, 'drain')
    slave.isDrained()
    await isLeft(cluster, slave)
    await wait(dice.between(...gone))
    slave.isBack()
    await order(cluster, slave, 'undrain')
  },
)

import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster } from '../cluster.ts'
import type { Dice, Fault } from '../fault.ts'
import type { Member } from '../member.ts'
import { cannotDelay, cannotNetwork, type Line, Network } from '../network.ts'

/** ms of a cut: within a deadline, and past it, the patience of players and source-timeout */
const cutMs = [2000, 25_000] as const
/** ms of a bad network */
const badMs = 15_000

let network: Network | undefined
const places = () => {
  network = new Network()
  return network
}

function net(): Network {
  if (!network) throw new Error('there is no network')
  return network
}

const both = (one: Member, two: Member): Line[] => [
  [one, two],
  [two, one],
]

/** What can be cut: by words, and by the servers of which the edge then hears nothing. */
function cutOf(
  cluster: Cluster,
  dice: Dice,
): { story: string; silent: readonly Member[]; begin: () => void } {
  const { edge, master } = cluster
  const slave = dice.oneOf(cluster.slaves)
  const cut = (story: string, silent: readonly Member[], ...lines: Line[]) => ({
    story,
    silent,
    begin: () => net().cut(lines),
  })
  return dice.oneOf([
    cut(`between the edge and ${slave.name}`, [slave], ...both(edge, slave)),
    cut(`from ${slave.name} to the edge`, [slave], [slave, edge]),
    cut(`from the edge to ${slave.name}`, [], [edge, slave]),
    cut(`between the master and ${slave.name}`, [], ...both(master, slave)),
    cut(`from the master to ${slave.name}`, [], [master, slave]),
    cut('between the edge and the master', [master], ...both(edge, master)),
    cut('between the edge and all servers', [], ...cluster.origins.flatMap((origin) => both(edge, origin))),
    cut('between the master and all slaves', [], ...cluster.slaves.flatMap((each) => both(master, each))),
    { story: `between ${slave.name} and everybody`, silent: [slave], begin: () => net().isolate(slave) },
  ])
}

export const networkCuts: Fault = {
  name: 'network-cuts',
  about: 'packets vanish on a line, both ways or one way, or from and to a server (network namespaces)',
  cannot: cannotNetwork,
  isInNetwork: true,
  places,
  async round(cluster, dice, print) {
    const { story, silent, begin } = cutOf(cluster, dice)
    const forMs = dice.between(...cutMs)
    print(`nothing passes ${story} for ${(forMs / 1000).toFixed(1)} s`)
    const heal = cluster.allowGaps()
    begin()
    for (const member of silent) member.isSilent('cut off')
    await wait(forMs)
    for (const member of silent) member.isBack()
    net().heal()
    await wait(2000)
    await cluster.audience?.allHear()
    heal()
  },
}

export const packetLoss: Fault = {
  name: 'packet-loss',
  about: 'one to eight packets of a hundred are lost, on every line',
  cannot: cannotNetwork,
  isInNetwork: true,
  places,
  async round(_, dice, print) {
    const percent = Math.round(dice.between(1, 8))
    print(`${percent} % of all packets are lost for ${badMs / 1000} s`)
    net().lose(percent)
    await wait(badMs)
    net().heal()
  },
}

export const packetDelay: Fault = {
  name: 'packet-delay',
  about: 'packets to a program are late, each by another time',
  cannot: () => cannotNetwork() ?? cannotDelay(),
  isInNetwork: true,
  places,
  async round(cluster, dice, print) {
    const member = dice.oneOf(cluster.members)
    const ms = Math.round(dice.between(50, 400))
    print(`packets to ${member.name} are late by ${ms} ms for ${badMs / 1000} s`)
    net().delay(member, ms)
    await wait(badMs)
    net().endDelay(member)
  },
}

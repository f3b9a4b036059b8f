import { setTimeout as wait } from 'node:timers/promises'
import type { Cluster } from '../cluster.ts'
import type { Dice, Fault } from '../fault.ts'
import { Links } from '../links.ts'
import type { Member } from '../member.ts'

/** ms of a bad line, and of a cut: within a deadline, and past it, the patience of players and source-timeout */
const badMs = 15_000
const cutMs = [2000, 25_000] as const

const wayNamed = { up: 'up', down: 'down', both: undefined } as const
/** the lines of the present trial */
let links = new Links()

type Round = (cluster: Cluster, dice: Dice, print: (text: string) => void) => Promise<void>
const onLinks = (name: string, about: string, round: Round): Fault => ({
  name,
  about: `${about} (lines in this process)`,
  places() {
    links = new Links()
    return links
  },
  prepare: (cluster) => links.closeWith(cluster),
  round,
})

export const lineLoss = onLinks(
  'line-loss',
  'one to eight segments of a hundred are lost and sent again, on every line',
  async (_, dice, print) => {
    const lossPercent = Math.round(dice.between(1, 8))
    print(`${lossPercent} % of all segments are lost for ${badMs / 1000} s`)
    for (const link of links.all) link.become({ lossPercent })
    await wait(badMs)
    for (const link of links.all) link.become({ lossPercent: 0 })
  },
)

export const lineDelay = onLinks(
  'line-delay',
  'bytes to a program, from it, or both, are late, each by the same time',
  async (cluster, dice, print) => {
    const member = dice.oneOf(cluster.members)
    const which = wayNamed[dice.oneOf(['up', 'down', 'both'] as const)]
    const delayMs = Math.round(dice.between(50, 800))
    print(`bytes ${wayOf(which)} ${member.name} are late by ${delayMs} ms for ${badMs / 1000} s`)
    links.lineTo(member).become({ delayMs }, which)
    await wait(badMs)
    links.lineTo(member).become({ delayMs: 0 })
  },
)

const wayOf = (which: 'up' | 'down' | undefined) =>
  which === 'up' ? 'to' : which === 'down' ? 'from' : 'to and from'

/** What can be cut, and the servers of which the edge then hears nothing. */
function cutOf({ edge, master, slaves }: Cluster, dice: Dice) {
  const slave = dice.oneOf(slaves)
  const which = wayNamed[dice.oneOf(['up', 'down', 'both'] as const)]
  const cut = (what: string, line: ReturnType<Links['lineTo']>, silent: readonly Member[]) => ({
    story: `${what} ${wayOf(which)}`,
    line,
    which,
    // a report arrives whose answer does not
    silent: which === 'down' ? [] : silent,
  })
  return dice.oneOf([
    { to: slave, ...cut('the listeners of a slave,', links.lineTo(slave), []) },
    { to: edge, ...cut(`${slave.name} with its reports,`, links.reportsOf(slave), [slave]) },
    { to: edge, ...cut('the listeners and the master,', links.lineTo(edge), [master]) },
    { to: master, ...cut('the source, the slaves and the listeners,', links.lineTo(master), []) },
  ])
}

export const lineCuts = onLinks(
  'line-cuts',
  'nothing passes on a line, one way or both ways, and no end hears of it',
  async (cluster, dice, print) => {
    const { story, to, line, which, silent } = cutOf(cluster, dice)
    const forMs = dice.between(...cutMs)
    print(`nothing passes between ${story} ${to.name} for ${(forMs / 1000).toFixed(1)} s`)
    const heal = cluster.allowGaps()
    line.become({ isCut: true }, which)
    for (const member of silent) member.isSilent('cut off')
    await wait(forMs)
    for (const member of silent) member.isBack()
    line.become({ isCut: false })
    await wait(2000)
    await cluster.audience?.allHear()
    heal()
  },
)

export const lineResets = onLinks(
  'line-resets',
  'every connection to a program is reset, several times',
  async (cluster, dice, print) => {
    const member = dice.oneOf(cluster.members)
    const times = Math.round(dice.between(1, 5))
    print(`all connections to ${member.name} are reset, ${times} times`)
    // the source comes back after a second; a slave goes on where it was, unless its queue was shorter
    const heal = member === cluster.master ? cluster.allowGaps() : () => {}
    for (let i = 0; i < times; i++) {
      links.lineTo(member).reset()
      if (dice.oneOf([true, false])) for (const link of links.reports.values()) link.reset()
      await wait(dice.between(100, 3000))
    }
    await cluster.audience?.allHear()
    heal()
  },
)

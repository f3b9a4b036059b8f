import { existsSync, globSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Cluster } from '../cluster.ts'
import type { Fault } from '../fault.ts'
import type { Member } from '../member.ts'
import { isWhole } from '../truth.ts'

/** libfaketime, where Debian puts it */
const library = () => globSync('/usr/lib/*/faketime/libfaketime.so.1').find((file) => existsSync(file))

/** s by which a clock is wrong: a second, minutes, hours, a day */
const jumps = [-86_400, -3600, -600, -30, -5, 1, 5, 30, 600, 3600, 86_400] as const

const offsetFile = (cluster: Cluster, { name }: Member) => join(cluster.folder, `${name}.clock`)
const setClock = (cluster: Cluster, member: Member, seconds: number) =>
  writeFileSync(offsetFile(cluster, member), `${seconds < 0 ? '-' : '+'}${Math.abs(seconds)}\n`)

export const clockJumps: Fault = {
  name: 'clock-jumps',
  about: 'the clock of a program jumps back and forth; by chance it is restarted meanwhile',
  cannot: () => (library() ? undefined : 'there is no libfaketime (Debian: faketime)'),
  prepare(cluster) {
    for (const member of cluster.members) {
      setClock(cluster, member, 0)
      member.env = {
        ...member.env,
        LD_PRELOAD: library() ?? '',
        FAKETIME_TIMESTAMP_FILE: offsetFile(cluster, member),
        FAKETIME_NO_CACHE: '1',
        // only the time of day jumps, as it does where someone sets it
        FAKETIME_DONT_FAKE_MONOTONIC: '1',
        DONT_FAKE_MONOTONIC: '1',
      }
    }
  },
  async round(cluster, dice, print) {
    const member = dice.oneOf([cluster.edge, ...cluster.members])
    const seconds = dice.oneOf(jumps)
    const restarts = dice.oneOf([true, false, false])
    print(
      `the clock of ${member.name} jumps by ${seconds} s${restarts ? ', and it is killed and started' : ''}`,
    )
    setClock(cluster, member, seconds)
    await isWhole(cluster)
    if (restarts) {
      const heal = member === cluster.master ? cluster.allowGaps(undefined, { gapsMax: 1 }) : () => {}
      await member.kill()
      await member.start()
      await isWhole(cluster)
      heal()
    }
    setClock(cluster, member, 0)
  },
}

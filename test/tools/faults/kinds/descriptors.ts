import { execFileSync } from 'node:child_process'
import { setTimeout as wait } from 'node:timers/promises'
import type { Fault } from '../fault.ts'
import { descriptorsOf } from '../held.ts'

/** ms for which a program may open nothing more */
const shortMs = 8000
const hardLimit = 4096

/** util-linux sets the limits of a program that runs. */
const limit = (pid: number, soft: number) =>
  execFileSync('prlimit', ['--pid', String(pid), `--nofile=${soft}:${hardLimit}`])

function cannotLimit(): string | undefined {
  try {
    execFileSync('prlimit', ['--version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'there is no prlimit (util-linux)'
  }
}

export const fewDescriptors: Fault = {
  name: 'few-descriptors',
  about: 'a program that runs may open no more files than it has open, or fewer',
  cannot: cannotLimit,
  async round(cluster, dice, print) {
    const member = dice.oneOf(cluster.members)
    const { pid } = member.program
    const open = descriptorsOf(pid)
    const soft = Math.max(8, Math.floor(open + dice.between(-10, 10)))
    print(`${member.name} has ${open} descriptors and may have ${soft}`)
    // a slave that cannot open another connection cannot come back to its master
    const heal = cluster.allowGaps()
    limit(pid, soft)
    await wait(shortMs)
    limit(pid, hardLimit)
    await wait(2000)
    await cluster.audience?.allHear()
    heal()
  },
}

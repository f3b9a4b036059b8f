import type { Cluster } from '../cluster.ts'
import type { Site } from '../parts/site.ts'
import type { DiskTrouble } from '../rig/disk.ts'
import { type Begin, oneOf, seconds } from './fault.ts'

/** Counts a fault of a store by whose it is. */
function ofStore<T extends Site>({ world }: Cluster, site: T | undefined): T | undefined {
  if (site) world.bites.note(`store fault at ${deciderKinds[site.plan.kind] ?? 'nobody'}`)
  return site
}

const deciderKinds: Readonly<Record<string, string>> = {
  edge: 'an edge',
  workers: 'Workers',
  decider: 'a master that decides',
}

/** Sites whose program runs and is not stopped. */
const running = (sites: readonly Site[]) =>
  sites.filter(({ program }) => program?.process.isAlive === true && !program.process.isHung)

const anyone = (cluster: Cluster) => running([...cluster.sites.values()])

const killed: Begin = (cluster, { who, forMs }) => {
  const site = oneOf(anyone(cluster), who)
  if (!site) return undefined
  site.kill(forMs)
  return { story: `${site.host} is killed, and started again after ${seconds(forMs)}` }
}

const powerCut: Begin = (cluster, { who, size, forMs }) => {
  const site = ofStore(cluster, oneOf(running(cluster.deciders), who))
  if (!site) return undefined
  site.kill(forMs)
  const lost = site.machine.disk.cutPower(size)
  if (lost > 0) site.ledger?.doubt()
  return {
    story: `${site.host} loses power, and with it ${lost} transactions; it is back after ${seconds(forMs)}`,
  }
}

const stopped: Begin = (cluster, { who }) => {
  const site = oneOf(anyone(cluster), who)
  const process = site?.program?.process
  if (!site || !process) return undefined
  process.hang()
  return { story: `${site.host} hangs`, end: () => process.goOn() }
}

/** Cloudflare keeps the clocks and the disks of its machines. */
const ofOwnMachine = (sites: readonly Site[]) => sites.filter(({ plan }) => plan.kind !== 'workers')

const suspended: Begin = (cluster, { who, size }) => {
  const site = oneOf(ofOwnMachine(anyone(cluster)), who)
  const process = site?.program?.process
  if (!site || !process) return undefined
  const sinceMs = cluster.world.nowMs
  process.hang()
  return {
    story: `${site.host} is suspended: its clock stands still`,
    end: () => {
      site.machine.clock.skip((cluster.world.nowMs - sinceMs) * site.machine.clock.rate, size < 0.5)
      process.goOn()
    },
  }
}

const clockJumps: Begin = (cluster, { who, size }) => {
  const site = oneOf(ofOwnMachine([...cluster.sites.values()]), who)
  if (!site) return undefined
  const ms = Math.round((size - 0.5) * 2 * 7_200_000)
  site.machine.clock.jump(ms)
  return {
    story: `the wall clock of ${site.host} is set ${seconds(Math.abs(ms))} ${ms < 0 ? 'back' : 'forth'}`,
    end: () => site.machine.clock.jump(-ms),
  }
}

const clockDrifts: Begin = (cluster, { who, size }) => {
  const site = oneOf(ofOwnMachine([...cluster.sites.values()]), who)
  if (!site) return undefined
  const rate = 0.9 + size * 0.2
  site.machine.clock.run(rate)
  return {
    story: `the clock of ${site.host} runs at ${rate.toFixed(2)} of its speed`,
    end: () => site.machine.clock.run(1),
  }
}

const diskTrouble =
  (trouble: DiskTrouble): Begin =>
  (cluster, { who }) => {
    const site = ofStore(cluster, oneOf(cluster.deciders, who))
    if (!site) return undefined
    const { disk } = site.machine
    disk.trouble = trouble
    const end = () => {
      if (disk.trouble === trouble) disk.trouble = undefined
    }
    return { story: `the store of ${site.host} is ${trouble}`, end }
  }

const slowDisk: Begin = (cluster, { who, size, forMs }) => {
  const site = ofStore(cluster, oneOf(running(cluster.deciders), who))
  const process = site?.program?.process
  if (!site || !process) return undefined
  const stallMs = 100 + size * 2000
  let isOver = false
  const stall = () => {
    if (isOver || !process.isAlive) return
    process.hang()
    cluster.world.bites.note('store stalls')
    cluster.world.after(stallMs, () => {
      process.goOn()
      cluster.world.after(stallMs, stall)
    })
  }
  stall()
  return {
    story: `the store of ${site.host} stalls its program by ${Math.round(stallMs)} ms again and again, for ${seconds(forMs)}`,
    end: () => {
      isOver = true
      process.goOn()
    },
  }
}

const rowDamaged: Begin = (cluster, { who, other, forMs }) => {
  const site = ofStore(cluster, oneOf(running(cluster.deciders), who))
  if (!site) return undefined
  site.kill(forMs)
  const id = site.machine.disk.damageRow(other)
  if (id !== undefined) site.ledger?.forget(id, site.program?.nowMs() ?? 0, 'lost')
  return { story: `${site.host} is killed, and the stored report of ${id} comes back as nonsense` }
}

const storeDamaged: Begin = (cluster, { who, forMs }) => {
  const site = ofStore(cluster, oneOf(ofOwnMachine(running(cluster.deciders)), who))
  if (!site) return undefined
  site.kill(forMs)
  site.machine.disk.damage()
  return { story: `${site.host} is killed, and its store is damaged: the operator moves it away` }
}

const cloned: Begin = (cluster, { who }) => {
  const site = oneOf(
    running(cluster.slaves).filter(({ clone }) => clone === undefined),
    who,
  )
  if (!site?.origin) return undefined
  site.copy()
  cluster.world.bites.note('clone started')
  return { story: `a copy of ${site.host} runs too, with its id and its boot`, end: () => site.endCopy() }
}

const isolateEvicted: Begin = (cluster, { who, other }) => {
  const site = oneOf(
    cluster.deciders.filter(({ workers }) => workers),
    who,
  )
  if (!site?.workers) return undefined
  site.workers.evictIsolate(other)
  return { story: `the runtime evicts an isolate of ${site.host}` }
}

/** What happens to machines, their clocks and disks, and the programs on them. */
export const machineFaults: Record<string, Begin> = {
  killed,
  'power cut': powerCut,
  stopped,
  suspended,
  'clock jumps': clockJumps,
  'clock drifts': clockDrifts,
  'disk full': diskTrouble('full'),
  'disk locked': diskTrouble('locked'),
  'disk broken': diskTrouble('broken'),
  'disk read-only': diskTrouble('read-only'),
  'disk slow': slowDisk,
  'row damaged': rowDamaged,
  'store damaged': storeDamaged,
  cloned,
  'isolate evicted': isolateEvicted,
}

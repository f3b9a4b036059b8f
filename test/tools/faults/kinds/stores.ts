import {
  closeSync,
  copyFileSync,
  existsSync,
  fstatSync,
  openSync,
  renameSync,
  rmSync,
  truncateSync,
  writeSync,
} from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../../../kit/base/eventually.ts'
import type { EdgeRuntime } from '../../../kit/process/runtimes.ts'
import type { Cluster } from '../cluster.ts'
import { cannotMount, SmallDisk } from '../disk.ts'
import type { Dice, Fault } from '../fault.ts'
import { redirects, startOrRefuse } from '../refusal.ts'

/** ms of a fault of the store: several reports of each server, and past their deadline */
const troubleMs = 10_000

const storeOf = ({ folder }: Cluster) => join(folder, 'store')
const databaseOf = (cluster: Cluster) => join(storeOf(cluster), 'edge.sqlite')
const healthOf = async ({ edge }: Cluster) => (await fetch(`${edge.url}/healthz`)).status

const disks = new WeakMap<Cluster, SmallDisk>()
const onSmallDisk = (cluster: Cluster) => void disks.set(cluster, new SmallDisk(cluster, 'store', 1))

function diskOf(cluster: Cluster): SmallDisk {
  const disk = disks.get(cluster)
  if (!disk) throw new Error('the store is on no disk of its own')
  return disk
}

/** Reports cannot be stored for a while; /healthz says so, and listeners are redirected all the same. */
async function staysWithout(cluster: Cluster): Promise<void> {
  await eventually(async () => (await healthOf(cluster)) === 503)
  await wait(troubleMs)
  await redirects(cluster)
}

/** The store of workerd is workerd's. */
const notOn = (edge: EdgeRuntime) =>
  edge === 'workers' ? 'the files of its objects are workerd’s own, and Cloudflare keeps them' : undefined

export const fullDisk: Fault = {
  name: 'full-disk',
  notOn,
  about:
    "the disk with the edge's store is full for longer than a report counts; by chance the edge is killed meanwhile",
  cannot: cannotMount,
  prepare: onSmallDisk,
  async round(cluster, dice, print) {
    const disk = diskOf(cluster)
    const killed = dice.oneOf([true, false])
    print(`the disk is full${killed ? ', and the edge is killed' : ''}`)
    disk.fill()
    await staysWithout(cluster)
    const runs = !killed || (await restarted(cluster, print, /disk|space/))
    disk.clear()
    if (!runs) await cluster.edge.start()
    await eventually(async () => (await healthOf(cluster)) === 200)
  },
}

/** Kills the edge and starts it. Returns whether it runs; else it has said why it does not. */
async function restarted(cluster: Cluster, print: (text: string) => void, why: RegExp): Promise<boolean> {
  await cluster.edge.kill()
  const refusal = await startOrRefuse(cluster.edge)
  if (refusal === undefined) return true
  print(`it does not start: ${refusal.trim()}`)
  if (!why.test(refusal)) cluster.faults.push(`the edge did not say why it does not start: ${refusal}`)
  return false
}

export const readOnlyStore: Fault = {
  name: 'read-only-store',
  notOn,
  about: 'the edge is killed, and starts with its store on a disk that cannot be written',
  cannot: cannotMount,
  prepare: onSmallDisk,
  async round(cluster, _, print) {
    const disk = diskOf(cluster)
    await cluster.edge.kill()
    disk.mountAgain('ro')
    const refusal = await startOrRefuse(cluster.edge)
    print(refusal === undefined ? 'it runs' : `it does not start: ${refusal.trim()}`)
    if (refusal === undefined) {
      await staysWithout(cluster)
      await cluster.edge.kill()
    } else if (!/read-?only|cannot be written/.test(refusal))
      cluster.faults.push(`the edge did not say why it does not start: ${refusal}`)
    disk.mountAgain('rw')
    await cluster.edge.start()
  },
}

/** Ways in which bytes of a file are lost. */
const damages: Readonly<Record<string, (file: string, dice: Dice) => void>> = {
  'bytes overwritten': (file, dice) =>
    change(file, (descriptor, size) => {
      for (let i = 0; i < 20; i++)
        writeSync(descriptor, Buffer.from([dice.between(0, 256)]), 0, 1, at(dice, size))
    }),
  'a page of zeros': (file, dice) =>
    change(file, (descriptor, size) => writeSync(descriptor, Buffer.alloc(4096), 0, 4096, at(dice, size))),
  'its head overwritten': (file) =>
    change(file, (descriptor) => writeSync(descriptor, Buffer.alloc(100, 0x55))),
  'cut in the middle': (file, dice) => change(file, (_, size) => truncateSync(file, at(dice, size))),
  'cut to nothing': (file) => truncateSync(file, 0),
}

const at = (dice: Dice, size: number) => Math.floor(dice.between(0, Math.max(1, size - 1)))

function change(file: string, by: (descriptor: number, size: number) => void): void {
  const descriptor = openSync(file, 'r+')
  by(descriptor, fstatSync(descriptor).size)
  closeSync(descriptor)
}

export const damagedStore: Fault = {
  name: 'damaged-store',
  notOn,
  about:
    'bytes of the database or its log are overwritten or cut, while the edge runs or after it was killed',
  async round(cluster, dice, print) {
    const alive = dice.oneOf([true, false])
    // after SIGTERM all is in the file; after kill -9 the newest is in its log
    if (!alive) await dice.oneOf([() => cluster.edge.leave(), () => cluster.edge.kill()])()
    const log = `${databaseOf(cluster)}-wal`
    const file = dice.oneOf([databaseOf(cluster), databaseOf(cluster), ...(existsSync(log) ? [log] : [])])
    const [what, damage] = dice.oneOf(Object.entries(damages))
    print(`${file.slice(cluster.folder.length + 1)}: ${what}${alive ? ', while the edge runs' : ''}`)
    damage(file, dice)
    if (alive) {
      await wait(troubleMs / 2)
      await redirects(cluster)
      await cluster.edge.kill()
    }
    const refusal = await startOrRefuse(cluster.edge)
    if (refusal !== undefined) {
      print(`it does not start: ${refusal.trim()}`)
      if (!/is damaged.*(?:restore a backup|move the file away)/s.test(refusal))
        cluster.faults.push(`the edge did not say why it does not start: ${refusal}`)
      moveAway(databaseOf(cluster))
      await cluster.edge.start()
      return
    }
    await wait(troubleMs / 2)
    await redirects(cluster)
    // a file that is damaged under a program may be noticed later: the operator does what the log says
    if ((await healthOf(cluster)) === 200) return
    print('it runs, and its store is damaged: the file is moved away')
    await cluster.edge.kill()
    moveAway(databaseOf(cluster))
    await cluster.edge.start()
  },
}

function moveAway(database: string): void {
  copyFileSync(database, `${database}.damaged`)
  for (const ending of ['', '-wal', '-shm']) rmSync(database + ending, { force: true })
}

export const lockedStore: Fault = {
  name: 'locked-store',
  notOn,
  about: 'another program holds the lock of the database',
  async round(cluster, dice, print) {
    const killed = dice.oneOf([true, false])
    print(`locked for ${troubleMs / 1000} s${killed ? ', and the edge is killed' : ''}`)
    const other = new DatabaseSync(databaseOf(cluster))
    other.exec('BEGIN IMMEDIATE')
    await staysWithout(cluster)
    const runs =
      !killed || (await restarted(cluster, print, /is locked by another program.*stop that program/s))
    other.exec('ROLLBACK')
    other.close()
    if (!runs) await cluster.edge.start()
    await eventually(async () => (await healthOf(cluster)) === 200)
  },
}

export const lostStore: Fault = {
  name: 'lost-store',
  notOn,
  about: 'the file of the database is moved away under the edge',
  async round(cluster, _, print) {
    print('moved away')
    renameSync(databaseOf(cluster), `${databaseOf(cluster)}.lost`)
    await staysWithout(cluster)
    await cluster.edge.leave()
    for (const ending of ['-wal', '-shm']) rmSync(databaseOf(cluster) + ending, { force: true })
    await cluster.edge.start()
  },
}

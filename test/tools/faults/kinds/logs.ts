import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { eventually } from '../../../kit/base/eventually.ts'
import type { Cluster } from '../cluster.ts'
import { cannotMount, SmallDisk } from '../disk.ts'
import type { Fault } from '../fault.ts'
import type { Member } from '../member.ts'
import { untold } from '../told.ts'
import { haveItLog } from './outputs.ts'

/** MiB of the disk: minutes of the recording */
const diskMiB = 8
/** ms without room */
const fullMs = 10_000

const disks = new WeakMap<Cluster, SmallDisk>()
const folderOf = (cluster: Cluster, { name }: Member) => join(cluster.folder, 'logs', name)

/** Icecast's three logs, and the mount as a file. */
const settings = (folder: string) => `<icecast>
  <paths><logdir>${folder}</logdir></paths>
  <logging>
    <accesslog>access.log</accesslog><errorlog>error.log</errorlog><playlistlog>playlist.log</playlistlog>
  </logging>
  <mount><mount-name>/live.mp3</mount-name><dump-file>${folder}/live.mp3</dump-file></mount>
</icecast>`

/** The lines of a log that have ended. */
const linesIn = (cluster: Cluster, member: Member, file: 'access.log' | 'stdout.log') =>
  readFileSync(join(folderOf(cluster, member), file), 'latin1')
    .split('\n')
    .slice(0, -1)

/** Icecast's Combined format with the duration: `127.0.0.1 - - [26/Nov/2026:20:01:02 +0000] "GET /a HTTP/1.1" 404 5 "-" "a" 0` */
const wholeLine = /^\S+ - \S+ \[[^\]]+\] "[^"]*" \d{3} \d+ "[^"]*" "[^"]*" \d+$/

/** An origin logs to files, and every program prints to one. */
function logThere(cluster: Cluster, member: Member): void {
  const folder = folderOf(cluster, member)
  mkdirSync(folder)
  const file = join(cluster.folder, `${member.name}.xml`)
  writeFileSync(file, settings(folder))
  const more = member === cluster.edge ? '' : `--config ${file}`
  member.before = [...member.before, 'sh', '-c', `exec "$@" ${more} >> ${folder}/stdout.log`, 'sh']
}

export const fullLogDisk: Fault = {
  name: 'full-log-disk',
  about: 'the disk with the logs of all programs and a recording is full; by chance one is killed meanwhile',
  cannot: cannotMount,
  notOn: (edge) => (edge === 'workers' ? 'a worker has no stdout, and workerd has its own' : undefined),
  prepare(cluster) {
    disks.set(cluster, new SmallDisk(cluster, 'logs', diskMiB))
    for (const member of cluster.members) logThere(cluster, member)
  },
  async round(cluster, dice, print) {
    const member = dice.oneOf(cluster.members)
    const isKilled = dice.oneOf([true, false, false])
    const file = member === cluster.edge ? 'stdout.log' : 'access.log'
    print(`${member.name} logs to a full disk${isKilled ? ', and is killed and started' : ''}`)
    const disk = disks.get(cluster)
    disk?.fill()
    await haveItLog(cluster, member)
    await wait(fullMs)
    if (isKilled) {
      const heal = member === cluster.master ? cluster.allowGaps(undefined, { gapsMax: 1 }) : () => {}
      await member.kill()
      await member.start()
      await cluster.audience?.allHear()
      heal()
    }
    disk?.clear()
    const before = linesIn(cluster, member, file).length
    await haveItLog(cluster, member)
    await eventually(() => linesIn(cluster, member, file).length > before)
    const cut = [
      ...linesIn(cluster, member, 'stdout.log').flatMap((line) => untold(line)),
      ...(member === cluster.edge ? [] : linesIn(cluster, member, 'access.log')).filter(
        (line) => !wholeLine.test(line),
      ),
    ]
    // a program that was killed has left the line that the disk cut, and it alone, in each of its two files
    const expected = isKilled ? 2 : 0
    cluster.faults.push(
      ...cut.slice(expected, expected + 3).map((line) => `${member.name} has logged ${line}`),
    )
  },
}

import { createSocket, type Socket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { serversAt } from '../../../kit/cluster/cluster.ts'
import type { Cluster } from '../cluster.ts'
import { run } from '../command.ts'
import type { Fault } from '../fault.ts'
import { here, type Place, type Places } from '../places.ts'

/** the name by which the slaves know the edge */
const edgeName = 'edge.localhost'
/** ms without an answer to it: within a deadline, and past it */
const lostMs = [3000, 25_000] as const
/** where a resolver of this machine can be that says nothing, or is not there */
const resolver = '127.0.77.53'

/** The slaves reach the edge by a name that their files resolve; each file is in the place of the machine's. */
class Names implements Places {
  readonly #folder = mkdtempSync(join(tmpdir(), 'names-'))
  #silent: Socket | undefined

  constructor() {
    writeFileSync(join(this.#folder, 'resolv.conf'), `nameserver ${resolver}\n`)
    this.resolve()
  }

  async placeOf(name: string): Promise<Place> {
    const place = await here.placeOf(name)
    if (!name.startsWith('slave')) return place
    const binds = ['hosts', 'resolv.conf'].map(
      (file) => `mount --bind ${this.#folder}/${file} /etc/${file}; `,
    )
    return { ...place, before: ['unshare', '--mount', 'sh', '-ec', `${binds.join('')}exec "$@"`, 'sh'] }
  }

  async edgeFor(_: string, { port }: Place): Promise<string> {
    return `http://${edgeName}:${port}`
  }

  /** The name is known. */
  resolve(): void {
    this.#silent?.close()
    this.#silent = undefined
    this.#know(`127.0.0.1 localhost ${edgeName}\n`)
  }

  /** Nothing answers to the name: a resolver that is not there is told at once, one that is silent never. */
  async forget(how: 'refused' | 'silent'): Promise<void> {
    if (how === 'silent') {
      const silent = createSocket('udp4')
      this.#silent = silent
      await new Promise<void>((resolve, reject) => {
        silent.once('error', reject)
        silent.bind(53, resolver, resolve)
      })
    }
    this.#know('127.0.0.1 localhost\n')
  }

  /** In place: what is mounted is the file, not its name. */
  #know(hosts: string): void {
    writeFileSync(join(this.#folder, 'hosts'), hosts)
  }

  close(): void {
    this.#silent?.close()
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

let names: Names | undefined

function cannotMountFiles(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'names-'))
  try {
    run('unshare', '--mount', 'mount', '--bind', folder, folder)
    return undefined
  } catch {
    return 'a process cannot have files of its own in /etc: it needs root, and a container that allows mounts'
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export const lostNames: Fault = {
  name: 'lost-names',
  about:
    'the slaves cannot resolve the name of the edge: the resolver refuses, or is silent; the edge is restarted meanwhile',
  // Bun's fetch knows names below localhost without asking
  plan: { origins: 'node' },
  cannot: cannotMountFiles,
  places() {
    names = new Names()
    return names
  },
  prepare: (cluster: Cluster) => cluster.onEnd(() => names?.close()),
  async round(cluster, dice, print) {
    const how = dice.oneOf(['refused', 'silent'] as const)
    const forMs = dice.between(...lostMs)
    print(`the resolver: ${how}, for ${(forMs / 1000).toFixed(1)} s; the edge is restarted`)
    await names?.forget(how)
    // its connections end, so each report needs the name
    await cluster.edge.leave()
    await cluster.edge.start()
    for (const slave of cluster.slaves) slave.isSilent('cannot resolve the edge')
    await wait(forMs)
    const known = await serversAt(cluster.edge)
    const late = known.filter(({ ageSeconds }) => ageSeconds > forMs / 1000)
    print(`${late.length} servers have not reported meanwhile`)
    if (late.length < cluster.slaves.length)
      cluster.faults.push('the slaves resolve the name of the edge all the same')
    for (const slave of cluster.slaves) slave.isBack()
    names?.resolve()
    await wait(2000)
    await cluster.audience?.allHear()
  },
}

import { seededRoll } from '../../kit/parts/reports.ts'
import { freePort } from '../../kit/process/ports.ts'
import { type Link, openLink } from '../../kit/wire/link.ts'
import type { Cluster } from './cluster.ts'
import type { Place, Places } from './places.ts'

/**
 * A line in front of each program, and one from each slave to the edge, all in this process: what they do to bytes needs neither root nor
 * a kernel that can delay packets.
 */
export class Links implements Places {
  /** by the program that it leads to */
  readonly to = new Map<string, Link>()
  /** to the edge, by the slave that reports on it */
  readonly reports = new Map<string, Link>()

  async placeOf(name: string): Promise<Place> {
    const bindPort = await freePort()
    const link = await openLink(bindPort, { roll: seededRoll(bindPort) })
    this.to.set(name, link)
    return { name, host: '127.0.0.1', port: link.port, bindPort, before: [] }
  }

  async edgeFor(name: string, edge: Place): Promise<string> {
    const link = await openLink(edge.bindPort, { roll: seededRoll(edge.bindPort) })
    this.reports.set(name, link)
    return link.url
  }

  get all(): readonly Link[] {
    return [...this.to.values(), ...this.reports.values()]
  }

  /** The line to a program, or the one on which a slave reports. */
  lineTo({ name }: { name: string }): Link {
    return found(this.to.get(name), name)
  }

  reportsOf({ name }: { name: string }): Link {
    return found(this.reports.get(name), name)
  }

  /** Closes them when the trial has ended. */
  closeWith(cluster: Cluster): void {
    for (const link of this.all) cluster.onEnd(() => link.close())
  }
}

function found(link: Link | undefined, name: string): Link {
  if (!link) throw new Error(`there is no line to ${name}`)
  return link
}

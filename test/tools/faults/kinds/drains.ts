import { setTimeout as wait } from 'node:timers/promises'
import { serverAt } from '../../../kit/cluster/cluster.ts'
import { clientOf } from '../../../kit/cluster/edge-client.ts'
import type { Cluster } from '../cluster.ts'
import type { Fault } from '../fault.ts'
import type { Member } from '../member.ts'

/** ms of a drain: some reports */
const drainedMs = 6000

/** Drains a server at the edge, or ends that. */
export async function order(cluster: Cluster, member: Member, what: 'drain' | 'undrain'): Promise<void> {
  const { id } = (await serverAt(cluster.edge, member)) ?? {}
  const path = `/api/servers/${encodeURIComponent(id ?? '')}/${what}`
  const { status } = await clientOf(cluster.edge.url).asAdmin(path, 'POST')
  if (status !== 204) throw new Error(`${what} of ${member.name} was answered ${status}`)
}

export const drainKill: Fault = {
  name: 'drain-kill',
  about: 'a slave is drained at the edge, which is killed as soon as it has said so, and started again',
  async round(cluster, dice, print) {
    const slave = dice.oneOf(cluster.slaves)
    print(`${slave.name} is drained, and the edge is killed`)
    await order(cluster, slave, 'drain')
    await cluster.edge.kill()
    slave.isDrained()
    await cluster.edge.start()
    await wait(drainedMs)
    const { out } = (await serverAt(cluster.edge, slave)) ?? {}
    if (out !== 'drained' && out !== 'draining')
      cluster.faults.push(`${slave.name} was drained, and is out: ${out}`)
    await cluster.audience?.upToNow()
    slave.isBack()
    await order(cluster, slave, 'undrain')
  },
}

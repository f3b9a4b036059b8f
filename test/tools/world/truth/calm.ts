import type { ServerJson } from '../../../../shared/api/json.ts'
import type { Mount } from '../../../../shared/mount.ts'
import type { Cluster } from '../cluster.ts'
import type { OriginProgram } from '../parts/origin.ts'
import type { Site } from '../parts/site.ts'
import type { StockProgram } from '../parts/stock.ts'

const bounded = 'memory is bounded by what is live'
/** events that a decider keeps */
const eventsMax = 500
/** timers and messages that one program may wait for: some of its own, some for each mount and each server that it knows */
const waitingMax = ({ mounts, sites }: Cluster) => 20 + 12 * mounts.length + 6 * sites.size

/** After everything has healed, and twice the longest interval: all is as if nothing had happened. */
export async function checkCalm(cluster: Cluster): Promise<void> {
  for (const slave of cluster.slaves) checkCarries(cluster, slave)
  for (const origin of cluster.origins) checkCounts(cluster, origin)
  for (const { host, stock } of cluster.stocks) checkStock(cluster, host, stock)
  for (const decider of cluster.deciders) await checkDraw(cluster, decider)
  for (const site of cluster.sites.values()) checkWaiting(cluster, site)
  for (const decider of cluster.deciders) checkStored(cluster, decider)
  for (const origin of cluster.origins) checkSessions(cluster, origin)
}

/** Every mount of a live master is carried by every slave, and audio flows. */
function checkCarries({ world, mounts }: Cluster, { host, origin, flags }: Site): void {
  const isOnDemand = flags.includes('--on-demand')
  for (const name of mounts) {
    const mount = origin?.state.mounts.get(name)
    const isIdle = isOnDemand && origin?.relaying.relays.isIdle(name) === true
    if (!isIdle && (!mount || mount.interruptedAtMs !== undefined))
      world.violate(
        'every slave carries every mount',
        `${host} ${mount ? 'has lost' : 'does not carry'} ${name}`,
      )
  }
}

/** Between two numbers: a server looks for sessions of HLS that have gone once a second. */
interface Some {
  least: number
  most: number
}

const isAmong = (count: number | undefined, { least, most }: Some) =>
  count !== undefined && count >= least && count <= most

const tell = ({ least, most }: Some) => (least === most ? `${least}` : `${least} to ${most}`)

/** The listeners that a server has; a relay without the relays' password is one. */
function listenersAt({ crowd }: Cluster, { host, origin }: Site, mount?: Mount): Some {
  const guests = [...(origin?.guests ?? [])].filter((guest) => mount === undefined || guest.mount === mount)
  const connected = crowd.countAt(host, mount) + guests.length
  const { least, most } = origin?.visits.count(origin.nowMs(), mount) ?? { least: 0, most: 0 }
  return { least: connected + least, most: connected + most }
}

/** A server counts exactly the listeners that it has. */
function checkCounts(cluster: Cluster, site: Site): void {
  const { world, mounts } = cluster
  const { host, origin } = site
  const check = (counted: number | undefined, at: string, mount?: Mount) => {
    const here = listenersAt(cluster, site, mount)
    if (!isAmong(counted, here))
      world.violate(
        'counts are right to the listener',
        `${at} counts ${counted} listeners, and has ${tell(here)}`,
      )
  }
  check(origin?.state.load.listeners, host)
  for (const name of mounts) check(countedAt(origin, name), `${host} at ${name}`, name)
}

/** A relay on demand need not run for sessions of HLS. */
const countedAt = (origin: OriginProgram | undefined, name: Mount) =>
  origin?.state.mounts.get(name)?.listeners ?? origin?.state.sessions.listeners(name)

/** It counts for itself, so this is a check of the world: whoever listens there is known. */
function checkStock({ world, crowd }: Cluster, host: string, stock: StockProgram | undefined): void {
  if (stock?.listeners !== crowd.countAt(host))
    world.violate(
      'counts are right to the listener',
      `${host} counts ${stock?.listeners} listeners, and has ${crowd.countAt(host)}`,
    )
}

/** Each server is in the draw of each decider, with its listeners and its mounts; nobody else is. */
async function checkDraw(cluster: Cluster, decider: Site): Promise<void> {
  const { world, servers: all } = cluster
  const servers = JSON.parse(await cluster.readNow(decider, '/api/servers')) as ServerJson[]
  for (const server of all) if (isKnownTo(decider, server)) checkKnown(cluster, decider, server, servers)
  const ids = new Set(all.map(({ id }) => id))
  const strangers = servers.filter(({ id }) => !ids.has(id)).map(({ id }) => id)
  if (strangers.length > 0)
    world.violate('nobody else is in the draw', `${strangers.join(', ')} at ${decider.host}`)
}

/** An operator names stock Icecasts to edges alone, and an icecast-kh has one master. */
function isKnownTo(decider: Site, { plan, isPolled, isRegistered }: Site): boolean {
  if (isRegistered) return plan.kind === 'stock' && plan.setup.from[0] === decider.host
  return decider.isEdge || !isPolled
}

/** One server as a decider tells it. */
function checkKnown(cluster: Cluster, decider: Site, site: Site, servers: readonly ServerJson[]): void {
  const { world, mounts } = cluster
  const { host, id: name, isPolled, isRegistered } = site
  const server = servers.find(({ id }) => id === name)
  const here = listenersAt(cluster, site)
  const mayBe = [null, ...(site.slots <= here.most ? ['full'] : []), ...(isPolled ? ['no mounts'] : [])]
  const told = `${host} at ${decider.host}`
  if (!server || !mayBe.includes(server.out))
    world.violate('every server is in the draw', `${told} is ${server ? server.out : 'unknown'}`)
  // it tells nobody how many listeners it has
  else if (!isRegistered && !isAmong(server.listeners ?? undefined, here))
    world.violate(
      'counts are right to the listener',
      `${told} counts ${server.listeners}, and has ${tell(here)}`,
    )
  else if (!isPolled && mounts.some((mount) => !server.mounts.includes(mount)))
    world.violate(
      'every slave carries every mount',
      `${told} carries ${server.mounts.join(', ') || 'nothing'}`,
    )
}

/** A program waits for no more than what it does needs. */
function checkWaiting(cluster: Cluster, { host, program }: Site): void {
  const { world } = cluster
  const waiting = world.scheduler.pending.get(program?.process.name ?? '') ?? 0
  world.bites.most(`timers of ${host.split('-')[0]}, most`, waiting)
  if (waiting > waitingMax(cluster)) world.violate(bounded, `${host} waits for ${waiting} timers`)
}

/** tables of a decider's store with a row a server at most */
const tablesOfServers = ['server', 'set_aside', 'drain', 'polled'] as const

/** A store has no more rows than there are servers, and a bounded number of events. */
function checkStored({ world, servers }: Cluster, { host, machine }: Site): void {
  const check = (table: string, max: number) => {
    const rows = machine.disk.rows(table)
    if (rows > max) world.violate(bounded, `${host} stores ${rows} rows of ${table}, for ${max}`)
  }
  for (const table of tablesOfServers) check(table, servers.length)
  check('event', eventsMax)
}

/** A server knows no more sessions of HLS than there are players. */
function checkSessions({ world, players }: Cluster, { host, origin }: Site): void {
  const known = origin?.state.sessions.size ?? 0
  if (known > players.size)
    world.violate(bounded, `${host} knows ${known} sessions, and ${players.size} players are there`)
}

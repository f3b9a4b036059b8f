import type { Cluster } from '../cluster.ts'
import { versionOf } from '../parts/versions.ts'
import { type Begin, oneOf, seconds } from './fault.ts'

/** beyond this size, all servers are drained */
const drainedAll = 0.85

const drained: Begin = (cluster, { who, other, size }) => {
  const decider = oneOf(cluster.deciders, who)
  const server = oneOf(cluster.servers, other)
  if (!decider || !server) return undefined
  const { operator } = cluster
  const servers = size > drainedAll ? cluster.servers : [server]
  const askAll = (what: 'drain' | 'undrain') => {
    for (const { id } of servers) operator.ask(decider, 'POST', `/api/servers/${id}/${what}`)
  }
  askAll('drain')
  const names = servers.map(({ host }) => host).join(', ')
  return { story: `the operator drains ${names} at ${decider.host}`, end: () => askAll('undrain') }
}

const deleted: Begin = (cluster, { who, other }) => {
  const decider = oneOf(cluster.deciders, who)
  const server = oneOf(cluster.servers, other)
  if (!decider || !server || server.host === decider.host) return undefined
  cluster.operator.ask(decider, 'DELETE', `/api/servers/${server.id}`)
  const story = `the operator deletes ${server.host} at ${decider.host}`
  if (!server.isPolled) return { story }
  // one that is polled comes back only if it is named again
  return { story, end: () => cluster.operator.name(decider, server) }
}

const drainsItself: Begin = (cluster, { who }) => {
  const origin = oneOf(cluster.origins, who)?.origin
  if (!origin) return undefined
  const set = (isDraining: boolean) => origin.process.run(() => origin.state.drain.set(isDraining))
  set(true)
  return { story: `${origin.id} is set to drain by its own admin`, end: () => set(false) }
}

const restarted: Begin = (cluster, { who, other, forMs }) => {
  const site = oneOf([...cluster.sites.values()], who)
  const process = site?.program?.process
  if (site?.workers) {
    site.workers.deploy()
    return { story: `a new version of ${site.host} is deployed beside the old one` }
  }
  if (!site || !process?.isAlive || process.isHung) return undefined
  cluster.world.bites.note('SIGTERM')
  if (site.origin) site.version = versionOf(other)
  site.terminate(Math.min(forMs, 20_000))
  const version = site.version === 'this' ? 'this version' : `a version that is ${site.version}`
  return { story: `${site.host} is restarted with ${version}` }
}

const reloaded: Begin = (cluster, { who, size }) => {
  const site = oneOf(cluster.origins, who)
  const { origin } = site ?? {}
  if (!site || !origin || origin.process.isHung) return undefined
  const max = 1 + Math.floor(size * 30)
  site.flags = site.flags.replace(/--max-listeners \d+/, `--max-listeners ${max}`)
  origin.process.run(() => origin.reload(site.flags))
  cluster.world.bites.note('SIGHUP')
  return { story: `${site.host} gets --max-listeners ${max} by SIGHUP` }
}

/** Every edge accepts both passwords, then every origin shows the new one, then every edge accepts that alone. */
const passwordsRotated: Begin = (cluster) => {
  const edges = cluster.deciders.filter(({ isEdge }) => isEdge)
  const [before] = edges[0]?.passwords ?? []
  if (before === undefined || edges.some(({ passwords }) => passwords.length > 1)) return undefined
  const after = `relay-${Number(before.slice('relay-'.length)) + 1}`
  cluster.world.bites.note('passwords rotated')
  const setAll = (passwords: readonly string[]) => {
    for (const edge of edges) {
      edge.passwords = passwords
      edge.terminate(1000)
    }
  }
  setAll([before, after])
  cluster.world.after(5000, () => {
    for (const site of cluster.origins) {
      site.flags = site.flags.replaceAll(/(--(?:edge|master)-password) \S+/g, `$1 ${after}`)
      site.flags = site.flags.replace(/(--relay-password) \S+/, `$1 ${after}`)
      site.terminate(1000)
    }
    for (const site of cluster.stocks) {
      site.passwords = [after]
      site.terminate(1000)
    }
  })
  cluster.world.after(60_000, () => setAll([after]))
  return { story: `the operator rotates the relays' password to ${after}` }
}

const encoderStops: Begin = (cluster, { who }) => {
  const encoder = oneOf(cluster.encoders, who)
  if (!encoder) return undefined
  encoder.stop()
  cluster.world.bites.note('encoder stopped')
  const end = () => {
    encoder.isOn = true
  }
  return { story: `the source of ${encoder.mount} at ${encoder.site.host} stops`, end }
}

const encoderSilent: Begin = (cluster, { who }) => {
  const encoder = oneOf(cluster.encoders, who)
  if (!encoder) return undefined
  encoder.isSilent = true
  cluster.world.bites.note('encoder silent')
  const end = () => {
    encoder.isSilent = false
  }
  return {
    story: `the source of ${encoder.mount} at ${encoder.site.host} sends nothing, on an open line`,
    end,
  }
}

/** The listeners that all servers have room for. */
const slotsOf = ({ servers }: Cluster) => servers.reduce((sum, { slots }) => sum + slots, 0)

/** Up to half as many again as there is room for come at once. */
const crowd: Begin = (cluster, { who, other, size, forMs }) => {
  const { deciders, mounts, world } = cluster
  const mount = oneOf(mounts, other)
  const one = oneOf(deciders, who)
  if (mount === undefined || !one) return undefined
  const count = 10 + Math.floor(size * 1.5 * slotsOf(cluster))
  const withinMs = Math.min(forMs, 20_000)
  for (let i = 0; i < count; i++)
    world.after((i / count) * withinMs, () => {
      const country = i % 3 === 0 ? 'DE' : undefined
      if (i % 8 === 0 && cluster.hasHls) cluster.players.join(one, mount, country)
      else cluster.crowd.join(one, mount, country)
      if (i % 10 === 0) cluster.crowd.relay(one, mount)
    })
  return { story: `${count} listeners of ${mount} come to ${one.host} within ${seconds(withinMs)}` }
}

const exodus: Begin = (cluster, { size }) => {
  cluster.crowd.leave(size)
  cluster.players.leave(size)
  return { story: `${Math.round(size * 100)} % of the listeners leave` }
}

/** What operators, studios and listeners do. */
export const peoplesFaults: Record<string, Begin> = {
  drained,
  deleted,
  'drains itself': drainsItself,
  restarted,
  reloaded,
  'passwords rotated': passwordsRotated,
  'encoder stops': encoderStops,
  'encoder silent': encoderSilent,
  crowd,
  exodus,
}

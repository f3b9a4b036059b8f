import { lookup } from 'node:dns/promises'
import process from 'node:process'
import { getLogger } from '@logtape/logtape'
import { monotonicNowMs } from '../shared/clock.ts'
import { localCluster } from '../shared/cluster.ts'
import { startLog } from '../shared/log.ts'
import { Registry } from '../shared/registry.ts'
import { createEdge } from './app.ts'
import { ConfigError, type EdgeConfig, parseConfig } from './config.ts'
import { ForwardedFacts } from './facts.ts'
import { edgeLimits } from './limits.ts'
import type { Answers, Listen, Listening, Peer } from './listening.ts'
import type { MountRequest } from './mount-request.ts'
import { Outreach } from './outreach.ts'
import { OwnAddresses } from './own-addresses.ts'
import { type Locate, openGeo } from './runtime/geo.ts'
import { stdout } from './runtime/output.ts'
import { openStore, type Store } from './runtime/sqlite.ts'

const logger = getLogger(['distributary', 'edge'])

/** The edge as a program of its own, on Bun, Deno or Node: `bun edge/main.ts`. */
async function main(): Promise<void> {
  const config = parseConfig(process.env)
  startLog(config.logLevel, (line) => stdout.add(line))
  const store = openData(config.dataDir)
  const registry = new Registry(store.table, config.maxListenersDefault, monotonicNowMs())
  const listening = await listenAnywhere(config, answersOf(config, registry))
  const pruning = setInterval(() => registry.prune(monotonicNowMs()), edgeLimits.pruneMs)
  const outreach = createOutreach(config, registry)
  const asking = setInterval(() => outreach.run(), edgeLimits.outreachMs)
  logger.info('listening on {host} port {port}, data in {dataDir}', {
    host: config.host,
    port: listening.port,
    dataDir: config.dataDir,
    servers: registry.view.servers.size,
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, async () => {
      logger.info('{signal}: finishing what is under way', { signal })
      clearInterval(pruning)
      clearInterval(asking)
      await listening.close(edgeLimits.closeMs)
      store.close()
      await stdout.flushed(edgeLimits.flushedMs)
      process.exit(0)
    })
}

function answersOf(config: EdgeConfig, registry: Registry): Answers {
  const locate = openPlaces(config.geoDb)
  const addresses = new OwnAddresses(config.publicUrls, config.port)
  const cluster = localCluster(registry, config.access, monotonicNowMs)
  const edge = createEdge({
    config,
    cluster: {
      ...cluster,
      accept: (post) => cluster.accept({ ...post, edgeUrls: addresses.complete(post.edgeUrls) }),
    },
    nowMs: monotonicNowMs,
    roll: Math.random,
    redirected(server) {
      server.debit++
      registry.countRedirects(1)
    },
    startedAtMs: Date.now(),
  })
  const factsOf = ({ headers }: Pick<MountRequest, 'headers'>, peer: Peer) => {
    const facts = new ForwardedFacts(headers, peer, config.trustedProxies, config.publicUrls, locate)
    if (addresses.wants(facts.secure) && !facts.hidesHttps) addresses.saw(facts.secure, facts.host)
    return facts
  }
  return {
    answer: (request, peer) => edge.fetch(request, factsOf(request, peer)),
    redirect: (request, peer) => edge.locate(request, factsOf(request, peer)),
  }
}

const createOutreach = ({ probe }: EdgeConfig, registry: Registry): Outreach =>
  new Outreach(
    {
      registry,
      fetch,
      nowMs: monotonicNowMs,
      atOnce: edgeLimits.outgoingMax,
      lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    },
    probe,
  )

function openPlaces(geoDb: string | undefined): Locate | undefined {
  try {
    return geoDb === undefined ? undefined : openGeo(geoDb)
  } catch (error) {
    throw new ConfigError(`GEO_DB is "${geoDb}", expected a database in MaxMind's format (${error})`)
  }
}

function openData(dataDir: string): Store {
  try {
    return openStore(dataDir)
  } catch (error) {
    throw new ConfigError(
      `DATA_DIR is "${dataDir}", expected a directory to write in, or :memory: (${error instanceof Error ? error.message : error})`,
    )
  }
}

async function listenAnywhere({ host, port }: EdgeConfig, answers: Answers): Promise<Listening> {
  const listen = await runtimeListen()
  try {
    return await listen(host, port, answers)
  } catch (error) {
    if (host === '::' && !isTaken(error))
      return listen('0.0.0.0', port, answers).catch((again) => refuse('0.0.0.0', port, again))
    return refuse(host, port, error)
  }
}

/** The port is in use, or may not be had: another address would not help. */
const isTaken = (error: unknown) => /EADDRINUSE|EACCES|AddrInUse|PermissionDenied|in use/.test(String(error))

function refuse(host: string, port: number, error: unknown): never {
  throw new ConfigError(
    `HOST is "${host}" and PORT is "${port}", expected an address that is free (${error})`,
  )
}

async function runtimeListen(): Promise<Listen> {
  if ('Bun' in globalThis) return (await import('./runtime/bun.ts')).listen
  if ('Deno' in globalThis) return (await import('./runtime/deno.ts')).listen
  return (await import('./runtime/node.ts')).listen
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? error.message : error)
  process.exit(1)
})

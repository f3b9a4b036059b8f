import { lookup } from 'node:dns/promises'
import process from 'node:process'
import { gzipSync } from 'node:zlib'
import { getLogger } from '@logtape/logtape'
import { monotonicNowMs } from '../shared/clock.ts'
import type { Peer } from '../shared/http/forwarded.ts'
import { startLog } from '../shared/log/log.ts'
import { messageOf } from '../shared/message-of.ts'
import { type EdgeConfig, EdgeConfigError, parseConfig } from './config.ts'
import { edgeDoubts } from './doctor/doubts.ts'
import { edgeLimits } from './limits.ts'
import { type Forwardable, ForwardedFacts } from './listener/forwarded.ts'
import { ProxyDoubts } from './listener/proxy-doubts.ts'
import { EdgeParts } from './parts.ts'
import { edgeHelp, edgeVersion, readCommandLine } from './runtime/command-line.ts'
import { Places } from './runtime/geo.ts'
import { startListening } from './runtime/listen.ts'
import type { Answers, Listening } from './runtime/listening.ts'
import { printRecord, stdout } from './runtime/output.ts'
import { openStore, type Store } from './runtime/sqlite.ts'

const logger = getLogger(['distributary', 'edge'])

/** The edge as a program of its own, on Bun, Deno or Node: `bun edge/main.ts`. */
async function main(args: readonly string[]): Promise<void> {
  const { action, environment, doubts } = readCommandLine(args, process.env)
  if (action === 'help') return console.log(edgeHelp())
  if (action === 'version') return console.log(edgeVersion)
  const config = parseConfig(environment)
  const warnings = [...doubts, ...edgeDoubts(config)]
  if (action === 'check') return check(config, warnings)
  startLog(config.logLevel, (line) => stdout.add(line), printRecord)
  for (const warning of warnings) logger.warning('configuration', { warning })
  const store = openData(config.dataDir)
  const parts = partsOf(config, store)
  const { registry } = parts
  const places = openPlaces(config.geoDb)
  process.on('SIGHUP', () => readAgain(places))
  const listening = await listenAnywhere(config, answersOf(config, parts, places))
  parts.start()
  logger.info('ready', {
    host: config.host,
    port: listening.port,
    dataDir: config.dataDir,
    servers: registry.view.servers.size,
    mounts: registry.view.mounts.size,
  })
  for (const signal of ['SIGTERM', 'SIGINT'] as const)
    process.once(signal, async () => {
      logger.info('shutting down', { signal, graceMs: edgeLimits.closeMs })
      parts.stop()
      await listening.close(edgeLimits.closeMs)
      registry.stop(monotonicNowMs())
      store.close()
      await stdout.flushed(edgeLimits.flushedMs)
      process.exit(0)
    })
}

const partsOf = (config: EdgeConfig, { table }: Store): EdgeParts =>
  new EdgeParts(config, {
    nowMs: monotonicNowMs,
    wallMs: Date.now,
    roll: Math.random,
    table,
    fetch,
    gzip: gzipSync,
    lookup: async (host) => (await lookup(host, { all: true })).map(({ address }) => address),
    every: (ms, act) => {
      const timer = setInterval(act, ms)
      return () => clearInterval(timer)
    },
  })

function answersOf(config: EdgeConfig, { edge, addresses }: EdgeParts, places: Places): Answers {
  const own = {
    proxies: config.trustedProxies,
    publicUrls: config.publicUrls,
    // SIGHUP replaces it
    get locate() {
      return places.locate
    },
  }
  const doubts = new ProxyDoubts(config.publicUrls)
  const factsOf = (request: Forwardable, peer: Peer) => {
    const facts = new ForwardedFacts(request, peer, own)
    doubts.look(facts, request.headers, peer)
    if (addresses.wants(facts.secure) && !facts.hidesHttps) addresses.saw(facts.secure, facts.host)
    return facts
  }
  return {
    answer: (request, peer, url) =>
      edge.answer(request, factsOf({ headers: request.headers, isOld: url.isOld }, peer), url),
    place: (head, peer) => edge.place(head, factsOf(head, peer)),
  }
}

function openPlaces(geoDb: string | undefined): Places {
  try {
    return new Places(geoDb)
  } catch (error) {
    throw new EdgeConfigError(messageOf(error))
  }
}

/** `--check`: opens what the settings name, except for the database, which would be created. */
function check(config: EdgeConfig, warnings: readonly string[]): void {
  openPlaces(config.geoDb)
  console.log([...warnings.map((text) => `warning: ${text}`), 'configuration OK'].join('\n'))
}

/** SIGHUP: reads GEO_DB again; if it cannot be read, the old data stay in use. */
function readAgain(places: Places): void {
  try {
    places.open()
    logger.info('GEO_DB read again')
  } catch (error) {
    logger.error('GEO_DB not read again: old data stay in use', { why: messageOf(error) })
  }
}

function openData(dataDir: string): Store {
  try {
    return openStore(dataDir)
  } catch (error) {
    if (error instanceof EdgeConfigError) throw error // the folder is right, its file is not
    throw new EdgeConfigError(
      `cannot write in DATA_DIR "${dataDir}": ${messageOf(error)}; name a folder that can be written, or :memory:`,
    )
  }
}

async function listenAnywhere(config: EdgeConfig, answers: Answers): Promise<Listening> {
  const { host, port, trustedProxies } = config
  try {
    return await startListening(host, port, answers, trustedProxies)
  } catch (error) {
    if (host === '::' && !isTaken(error))
      return startListening('0.0.0.0', port, answers, trustedProxies).catch((again) =>
        refuse('0.0.0.0', port, again),
      )
    return refuse(host, port, error)
  }
}

/** What a runtime says of a failed bind: Node and Deno in the error's text, Bun in its code alone. */
const textOf = (error: unknown) =>
  error instanceof Error && 'code' in error ? `${error} ${error.code}` : String(error)

/** The port is in use or not permitted: another address would not help. */
const isTaken = (error: unknown) => /EADDRINUSE|EACCES|AddrInUse|PermissionDenied|in use/.test(textOf(error))

function refuse(host: string, port: number, error: unknown): never {
  const address = host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`
  const why = /EADDRINUSE|AddrInUse|in use/.test(textOf(error)) ? 'address already in use' : messageOf(error)
  throw new EdgeConfigError(
    `cannot listen on ${address}: ${why}; set HOST and PORT to an address that is free`,
  )
}

/** `distributary edge`: runs an edge until a signal ends it. Resolves once it has started, or has printed what was asked for. */
export const runEdge = (args: readonly string[]): Promise<void> =>
  main(args).catch((error: unknown) => {
    console.error(error instanceof EdgeConfigError ? error.message : error)
    process.exit(1)
  })

if (import.meta.main) void runEdge(process.argv.slice(2))

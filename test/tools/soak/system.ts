import { numbered, setTitle, startSource } from '../../kit/audio/source.ts'
import { eventually } from '../../kit/base/eventually.ts'
import { serversAt } from '../../kit/cluster/cluster.ts'
import { audienceOf } from '../../kit/cluster/stats.ts'
import { freePort } from '../../kit/process/ports.ts'
import {
  masterAt,
  type OriginRuntime,
  type Server,
  secrets,
  slaveOf,
  startEdge,
  startOrigin,
} from '../../kit/process/runtimes.ts'
import type { Certificate } from '../../kit/process/tls.ts'
import { heapEnv } from './gauge.ts'
import type { VisitPlan } from './visitors.ts'
import type { Watched } from './watch.ts'

/** An edge, a master with a source and a slave, all of one runtime, and their visitors. */
export interface System {
  readonly programs: readonly Watched[]
  readonly visiting: Pick<VisitPlan, 'edge' | 'servers' | 'mount'>
  /** how many listeners were dropped because they fell off the queue; they read nothing, so they cannot notice it */
  dropped(): Promise<number>
  stop(): Promise<void>
}

const mount = '/live.mp3'
/** ms between two titles: more often than encoders, which send them seconds apart */
const titleMs = 5000
/** more than will join */
const maxListeners = ['--max-listeners', '5000']

/** Starts the system on a runtime, and waits until the slave is drawn. */
export async function startSystem(
  runtime: OriginRuntime,
  { certFile, keyFile }: Certificate,
): Promise<System> {
  const tlsPorts = [await freePort(), await freePort()] as const
  const tls = (port: number) => [
    ...maxListeners,
    ...['--tls-port', String(port), '--tls-cert', certFile, '--tls-key', keyFile],
  ]
  const edge = await startEdge(runtime, { ...heapEnv, LOG_LEVEL: 'warning' })
  const master = await startOrigin(runtime, [...masterAt(edge), ...tls(tlsPorts[0])], heapEnv)
  const slave = await startOrigin(runtime, [...slaveOf(edge), ...tls(tlsPorts[1])], heapEnv)
  const source = startSource({ url: master.url + mount, password: secrets.source, programme: numbered })
  let titles = 0
  const titling = setInterval(() => {
    setTitle(master.url + mount, secrets.source, `title ${titles++}`).catch(() => {}) // the next one comes soon
  }, titleMs)
  const servers: (Server & { tlsPort: number })[] = [
    { ...master, tlsPort: tlsPorts[0] },
    { ...slave, tlsPort: tlsPorts[1] },
  ]
  await eventually(async () => (await inDraw(edge)) === servers.length, { everyMs: 200 })
  return {
    programs: Object.entries({ edge, master, slave }).map(([name, { program }]) => ({
      name: `${name} on ${runtime}`,
      pid: program.pid,
    })),
    visiting: { edge: edge.url, servers: servers.map(({ port, tlsPort }) => ({ port, tlsPort })), mount },
    async dropped() {
      const audiences = await Promise.all(servers.map(audienceOf))
      return audiences.reduce((sum, { slow }) => sum + slow, 0)
    },
    async stop() {
      clearInterval(titling)
      source.close()
      await Promise.all([edge, master, slave].map((server) => server.stop()))
    },
  }
}

const inDraw = async (edge: Server) =>
  (await serversAt(edge)).filter(({ out, mounts }) => out === null && mounts.length > 0).length
